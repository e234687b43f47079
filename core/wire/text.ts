import { z } from "zod";
import { Digest, PixelBox, Plane, Window } from "./common.ts";

export const Side = z.enum(["left", "right"]);
export type Side = z.infer<typeof Side>;

/** A concept of a coding scheme, as DICOM writes it (PS3.3 8.8). */
export const TermCode = z.strictObject({
  scheme: z.literal("SCT"),
  value: z.string().regex(/^\d{5,18}$/),
  meaning: z.string().min(1).max(64),
});
export type TermCode = z.infer<typeof TermCode>;

/** Languages that names are given in beside English; `la` is Latin. */
export const NAME_LANGUAGES = ["la", "de", "fr", "es", "it", "pt", "zh", "ja"] as const;
const Saying = z.string().min(1).max(128);
const TermId = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);

/** What sort of structure a name means; bones with their joints, tissue with its cells, lesions with all that disease makes. */
export const StructureKind = z.enum(["organ", "vessel", "bone", "muscle", "lesion", "tissue", "device"]);
export type StructureKind = z.infer<typeof StructureKind>;

/** One structure of `models/vocabulary.json`: its canonical name, and everything else that people call it. */
export const VocabularyEntry = z.strictObject({
  id: TermId,
  name: Saying,
  synonyms: z.array(Saying).describe("in English"),
  abbreviations: z.array(Saying).optional(),
  names: z.partialRecord(z.enum(NAME_LANGUAGES), z.array(Saying).min(1)).optional().describe("in other languages"),
  parent: z.string().optional().describe("id of the whole that it is a part or a side of"),
  side: Side.optional().describe("of the patient; its name begins with it, and the other side looks the same"),
  region: z.string().optional().describe("of the body; training teaches what a slice of another region cannot show"),
  kind: StructureKind.optional().describe("what `context.task` chooses by"),
  modalities: z
    .array(z.string())
    .min(1)
    .describe("where the embedded model has seen it; of an untaught one, where it shows"),
  code: TermCode.optional().describe("of the structure without its side; a side without a code has that of its parent"),
  taught: z
    .literal(false)
    .optional()
    .describe("the embedded model has never been shown this name: it is no text prompt"),
  instead: z.array(TermId).min(1).optional().describe("of an untaught name: taught structures that may serve"),
});
export type VocabularyEntry = z.infer<typeof VocabularyEntry>;

/** What the model was measured to make of a name (`npm run bench -- names`): means over slices, the name alone, no zoom. */
export const TermMeasure = z.strictObject({
  cases: z.int().positive().describe("slices that show it"),
  dice: z.number().min(0).max(1),
  found: z.number().min(0).max(1).describe("share of them with a presence of at least a half"),
  absentCases: z.int().nonnegative().describe("slices that do not show it"),
  falseAlarms: z.number().min(0).max(1).nullable().describe("share of those with a presence of at least a half"),
  threshold: z.number().min(0).max(1).nullable().describe("presence that tells both kinds of slice apart best"),
});
export type TermMeasure = z.infer<typeof TermMeasure>;

const Count = z.int().nonnegative();

/** `names.json` beside a model's manifest. */
export const NameMeasures = z.strictObject({
  model: z.string(),
  version: z.string().describe("of the model; another version is another model"),
  made: z.string().describe("command"),
  images: z.int().nonnegative(),
  answers: z.int().nonnegative(),
  terms: z.record(TermId, TermMeasure),
  told: z
    .array(z.strictObject({ of: z.string(), masks: Count, named: Count, first: Count, three: Count }))
    .optional()
    .describe("masks of clicks and boxes: how many got a name, the right one first, the right one among three"),
  contexts: z
    .array(z.strictObject({ of: z.string(), masks: Count, said: z.number(), unsaid: z.number() }))
    .optional()
    .describe("mean Dice of a name with the kind of image said, and without"),
  cascade: z
    .array(
      z.strictObject({
        ...{ of: z.string(), lesions: Count, found: Count, near: Count, named: Count },
        ...{ whole: z.number(), cascade: z.number() },
      }),
    )
    .optional()
    .describe(
      "lesions by name: found, looked at from near, right name first; mean Dice of the whole slice, and of the cascade",
    ),
});
export type NameMeasures = z.infer<typeof NameMeasures>;

/** A name as it is listed: with what the default model makes of it, where that was measured. */
export const ListedTerm = VocabularyEntry.extend({ measured: TermMeasure.optional() });
export type ListedTerm = z.infer<typeof ListedTerm>;

/** A name that a mask may have. */
export const NameGuess = z.strictObject({
  id: TermId,
  name: z.string(),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .describe(
      "intersection over union of the mask and of what the name alone gives; docs/names.md says how often the first name was right",
    ),
  presence: z.number().min(0).max(1),
});
export type NameGuess = z.infer<typeof NameGuess>;

/** `imageId` or `modality` decides between structures that share a name. With a slice, what is no text prompt is also looked for. */
export const TextPromptRequest = z.strictObject({
  text: z.string().min(1).max(512),
  imageId: Digest.optional(),
  plane: Plane.optional(),
  slice: z
    .int()
    .nonnegative()
    .optional()
    .describe("of the image: where a phrase may be that is no text prompt of the model, if it has a heat map"),
  window: Window.optional(),
  model: z.string().max(64).optional(),
  modality: z.string().max(64).optional().describe("DICOM code or a word of the vocabulary"),
  task: StructureKind.optional().describe(
    "what is looked for: it decides between namesakes, and comes first among suggestions",
  ),
});
export type TextPromptRequest = z.infer<typeof TextPromptRequest>;

/** Where a phrase may be: a suggestion, to be sent on as prompts. */
export const PhrasePlace = z.strictObject({
  by: z
    .literal("heat-map")
    .describe("what found it: how alike the phrase and each part of the slice are, not the model's knowledge"),
  confidence: z.number().min(0).max(1).describe("of the warmest place"),
  box: PixelBox,
  point: z.strictObject({ x: z.number(), y: z.number() }),
});
export type PhrasePlace = z.infer<typeof PhrasePlace>;

const Places = z
  .array(PhrasePlace)
  .optional()
  .describe(
    "warmest first; only where a slice was named and the model has a heat map, and of a name only where it reads no text",
  );

const KnownTerm = z.strictObject({
  known: z.literal(true),
  term: z.string().describe("id in the vocabulary"),
  name: z.string().describe("canonical name; the text encoder reads it without its side"),
  side: Side.optional().describe("of the patient, where both sides look the same: geometry picks it"),
  synonymsMatched: z.array(z.string()).describe("synonyms that the text is a spelling of; none for the name itself"),
  confidence: z.number().min(0).max(1).describe("1 unless letters had to be mended"),
  suggestions: z.array(z.string()).max(0),
  places: Places,
});
const UnknownTerm = z.strictObject({
  known: z.literal(false),
  term: z.null(),
  name: z.null(),
  synonymsMatched: z.array(z.string()).max(0),
  confidence: z.literal(0),
  untaught: z.string().optional().describe("canonical name, where the text is one that the model has not been taught"),
  suggestions: z.array(z.string()).max(5).describe("canonical names, nearest first"),
  places: Places,
});

/** What the vocabulary makes of a text. */
export const TextPromptAnswer = z.discriminatedUnion("known", [KnownTerm, UnknownTerm]);
export type TextPromptAnswer = z.infer<typeof TextPromptAnswer>;
