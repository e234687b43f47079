/** `docs/names.md`, from the vocabulary and what was measured. */
import type { ListedTerm, NameMeasures } from "../wire/text.ts";
import { presenceThreshold, qualityOf } from "./measures.ts";
import {
  cascadeTable,
  contextTable,
  type OrganMeasures,
  type PhraseMeasures,
  type PlaceMeasures,
  percent,
  phraseTable,
  placeTable,
  type RegionMeasures,
  regionTable,
  sum,
  type TaskMeasures,
  taskTable,
  toldTable,
} from "./names-tables.ts";
import { otherNames } from "./sayings.ts";

export interface NamesPage {
  readonly places: readonly PlaceMeasures[];
  readonly organs: readonly OrganMeasures[];
  readonly regions: readonly RegionMeasures[];
  readonly tasks: readonly TaskMeasures[];
  readonly measures: NameMeasures;
  readonly phrases: PhraseMeasures;
}

/** Best first; a side is asked as its whole, so that sides have no rows. */
export function namesPage(terms: readonly ListedTerm[], page: NamesPage): string {
  const wholes = terms.filter(({ side }) => side === undefined);
  const measured = wholes
    .flatMap((term) => (term.measured ? [{ term, measured: term.measured }] : []))
    .toSorted((a, b) => b.measured.dice - a.measured.dice || (a.term.id < b.term.id ? -1 : 1));
  return [
    introduction(terms),
    measuredSection(measured, page.measures),
    FIND_ALL,
    whereSection(measured, page.places),
    calledSection(page.measures),
    noNameSection(page.phrases),
    kindSection(page),
    organsSection(page.organs),
    untoldSections(wholes),
  ].join("\n");
}

interface MeasuredTerm {
  readonly term: ListedTerm;
  readonly measured: NonNullable<ListedTerm["measured"]>;
}

function introduction(terms: readonly ListedTerm[]): string {
  const sayings = terms.reduce((sum, term) => {
    const { english, foreign } = otherNames(term);
    return sum + 1 + english.length + foreign.length;
  }, 0);
  return `# Names

This page is written by \`npx vitest run --project unit test/core/text/names-page.test.ts --update\`. The vocabulary has ${terms.length} names, said in ${sayings} ways: English,
Latin, German, French, Spanish, Italian, Portuguese, Chinese and Japanese. A name in the page may be a list: \`liver, spleen; both kidneys\`.
`;
}

function measuredRow({ term, measured: { cases, dice, found, absentCases, falseAlarms } }: MeasuredTerm): string {
  const alarms = falseAlarms === null ? "–" : `${percent(falseAlarms)} of ${absentCases}`;
  const told = [cases, dice.toFixed(2), percent(found), alarms];
  const cells = [term.name, term.region ?? "", term.modalities.join(" "), ...told, term.code?.value ?? "–"];
  return `| ${[...cells, qualityOf(term)].join(" | ")} |`;
}

function measuredSection(measured: readonly MeasuredTerm[], measures: NameMeasures): string {
  return `## What was measured

\`${measures.made}\` with the model \`${measures.model}\` ${measures.version}: the name alone, whole slices, no zoom; ${measures.answers} answers on ${measures.images} slices of patients and sources that were held
back from training (\`val\`, \`val-unseen\`) and of volumes nobody trained on. Dice is the mean over slices that show the structure, all kinds of image together, and with few slices it
is a hint, no more. "Found" has a presence of at least a half; "false alarms" are slices without the structure on which presence was as high. A name
works from a Dice of .7, is weak below .4, and counts as unmeasured below three slices.

| name | region | seen in | slices | Dice | found | false alarms | SNOMED CT | |
|---|---|---|---|---|---|---|---|---|
${measured.map(measuredRow).join("\n")}
`;
}

const FIND_ALL = `## Find all

**Shift + F** on a slice, \`find: "all"\` in \`POST /v1/images/:id/segmentations\` and \`promptomy segment IMAGE --find all [--slice 10:20]\` ask every name of this kind of image that
works or partly works, one decode each (**F** alone fills holes). A structure is proposed from its measured presence on, and never below a half; names that are weak or were never
measured are not proposed by themselves, and of two names for the same pixels the better measured one stays. In the page the proposals are segments that are accepted or rejected, one by
one or all; undo takes all of them back. Where no slice without a structure was measured (a dash above) nothing is known of its false alarms: look at the proposals.

**Alt + Shift + F**, or the foot of the list of names, does the same on all slices of the plane, as a job whose progress is shown; what was found is kept when it is stopped. Proposals that
nobody has judged outlive a reload.
`;

function whereSection(measured: readonly MeasuredTerm[], places: readonly PlaceMeasures[]): string {
  const placed = measured.flatMap(({ term }) => (presenceThreshold(term) === undefined ? [] : [term.name]));
  return `## Where is it?

\`promptomy names spleen --where path/to/ct\`, \`segmenter.locate\`, \`where: true\` in \`POST /v1/images/:id/segmentations\`, and in the page **Alt + Enter** on a name or the button below the names mark the
slices that show a structure, without masks. Only names can be asked that were measured on three slices with the structure and five without it, and found on nine of ten: ${placed.length} of them,
${placed.join(", ")}. A slice counts from the presence that told both kinds apart best, and never below a half. The false alarms of the table are those of a half. On twelve axial
slices of each labelled volume of \`tests/\` (\`npm run bench -- organs --json\`):

${placeTable(places)}`;
}

function calledSection(measures: NameMeasures): string {
  return `## What is it called?

**I** in the page, \`classify: true\` in \`POST /v1/masks\` and in \`segmenter.segment\` compare a mask with what each measured name (a Dice of .2 or more) gives on the same slice.
The confidence is their intersection over union.

${toldTable(measures)}
On sources that nobody trained on (\`val-unseen\`) most masks get no name, and the names that are given are mostly wrong: take them as spelling help, not as a finding. The names that
may be given were chosen by their Dice on partly the same pictures, which flatters the rows of \`val\`.

## A small lesion in one call

Detect, segment, look again from near, classify: \`zoom: "always"\` encodes a crop around what a name has found on the whole slice and answers by the box around it, and \`classify\` says what that mask may be called.
In the package it is \`segmenter.segment(on, [{ kind: "text", text: "kidney stone" }], { zoom: "always", classify: true })\`.

\`\`\`sh
curl $SERVER/v1/masks -H 'content-type: application/json' -d '{"imageId":"sha256:…","slice":10,"prompts":[{"kind":"text","text":"kidney stone"}],"zoom":"always","classify":true}'
\`\`\`

Lesions of \`val\` and \`val-unseen\`, each by its name alone, at most 24 pictures of a source (\`npm run bench -- names\`):

${cascadeTable(measures)}
The closer look gains nothing on these pictures, whose longest side has 1,024 pixels at most, so it is not taken for names unless it is asked for (\`zoom: "auto"\` takes it for boxes and several clicks). What decides is whether the
name finds the lesion at all: all 13 stones of kidneys on CT, the size of a few hundred pixels, are found (Dice .54), looked at from near (.54) and named rightly (\`test/server/cascade.test.ts\`), lung tumours and most lesions of the
breast on X-ray are not: those want a box or clicks.
`;
}

function noNameSection(phrases: PhraseMeasures): string {
  return `## What is no name

A phrase that names nothing never gives a mask. It gets up to five suggestions: those whose letters are near, and, where the server has a text encoder, those whose meaning is near, in
turn. Any text encoder of the BERT or CLIP family will do that lies in a folder as the model hub has it (\`config.json\`, \`tokenizer.json\`, \`onnx/model.onnx\` or
\`onnx/text_model.onnx\`); nothing is fetched from anywhere:

\`\`\`sh
promptomy serve --text-encoder path/to/all-MiniLM-L6-v2        # or PROMPTOMY_TEXT_ENCODER
promptomy names "organ that stores urine" --text-encoder path/to/all-MiniLM-L6-v2
\`\`\`

The server starts when the encoder has read every name once (a few seconds; kept in the cache), and without it suggestions are what they were. The page offers them
while one types and as buttons afterwards; \`POST /v1/text-prompts\`, \`segmenter.readName\` and the error \`UnknownTerm\` carry them. Phrases with the right
structure among the first three, also with a task said (below), of ${sum(phrases, "phrases")} that were written down before any of it was tried (\`test/fixtures/free-phrases.tsv\`), by letters and with ${phrases.encoder}
(\`npm run bench -- phrases\`):

${phraseTable(phrases)}
How the two rankings are joined was chosen on synonyms of the vocabulary, each left out in turn; that left and right, or the numbers of a row, are one suggestion, after a look at these
phrases (without it letters find 67 %). An English encoder knows little Spanish; a multilingual one can be
brought as well.
`;
}

function kindSection({ measures, regions, tasks }: Pick<NamesPage, "measures" | "regions" | "tasks">): string {
  return `## What is said of the image

A \`context\` stands beside the prompts: \`{"modality": "CT", "bodyPart": "abdomen", "task": "lesion"}\`, in \`/v1/masks\`, \`/v1/segment\` and volume jobs, in every call of the package, and as
\`--modality\`, \`--body-part\` and \`--task\` of the commands. What it leaves out is what the file says: DICOM's Modality and Body Part Examined. A task is in no file. In the page all three
can be seen and changed at the foot of the list of names.

Names are chosen by \`modality\`, which also goes into the decoder. There it hardly matters, so nothing is put in by itself. Mean Dice of names with it and without:

${contextTable(measures)}
\`bodyPart\` is a region of the table above, and leaves out names of elsewhere when all are asked; \`all\` leaves out none, whatever the file says. The names that work or partly work, asked of twelve axial slices
of each labelled volume of \`tests/\` (\`npm run bench -- organs --json\`), with the region that the study shows and without. A proposal is right from a Dice of .5 with the label of its name; what the
study does not label cannot be judged.

${regionTable(regions)}
A region of its own takes away wrong names and right ones with them: an abdomen shows ribs. So what a DICOM file says of it (Body Part Examined) counts as trunk, head, limb and so on;
files are often wrong about it.

\`task\` is what is looked for: \`organ\`, \`vessel\`, \`bone\`, \`muscle\`, \`lesion\`, \`tissue\` or \`device\`. The model that ships has no input for it, so a mask by a name is the same with it and without. It chooses
names: when all are asked and when a mask is named only those of the task are, in lists and suggestions they come first, and of namesakes they are meant. The same slices with a task and without:

${taskTable(tasks)}
A task saves the decodes of all other names, and makes none of them better: as many proposals are right. With \`bone\` more are proposed, because the better name for the same pixels is not asked any more (the spinal
cord, where the canal of the spine is proposed). Of lesions too little is measured to work for anything to be proposed here; ask for one by its name. A mask that is to be named gets fewer wrong names, as
the rows "task said" of the table above count.
`;
}

function organsSection(organs: readonly OrganMeasures[]): string {
  return `## Every named organ of the test volumes

Dice on the slice that shows the organ best, by its name alone, by one click in its middle and by its box: \`npm run bench -- organs\`. Nothing is left out that fails. The patient of
the trunk was trained on. Names without a label were only asked: pixels of one that is not on the slice are mistakes.

${organs.map(({ study, head, rows }) => `**${study}**\n\n${head}\n${rows.join("\n")}\n`).join("\n")}`;
}

function untoldSections(wholes: readonly ListedTerm[]): string {
  const rest = wholes.filter((term) => term.measured === undefined && term.taught !== false).map(({ name }) => name);
  const untaught = wholes.filter(({ taught }) => taught === false).map(({ name }) => name);
  return `## Taught and not measured

No labelled image could check these: ${rest.join(", ")}.

## Not taught

People type these; the model never saw them. They are recognised and refused, with what may serve instead: ${untaught.join(", ")}.
`;
}
