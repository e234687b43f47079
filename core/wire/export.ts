import { z } from "zod";
import { Digest, Plane, Rle } from "./common.ts";
import { SegmentCode, SegmentColour } from "./import.ts";

export const ExportFormat = z.enum([
  "nifti",
  "dicom-seg",
  "dicom-seg-labelmap",
  "dicom-sr",
  "rtstruct",
  "seg-nrrd",
  "volview",
  "png",
  "png-all",
  "coco",
  "coco-compressed",
  "geojson",
  "csv",
  "measures-json",
]);
export type ExportFormat = z.infer<typeof ExportFormat>;

const Slice = z.int().nonnegative();

const ExportMask = z.strictObject({
  plane: Plane.optional().describe("the request's plane when left out"),
  slice: Slice,
  rle: Rle.describe("at the slice's own size"),
  origin: z
    .enum(["prompted", "edited", "propagated", "interpolated", "imported"])
    .default("prompted")
    .describe("`edited` on every mask of a segment makes it MANUAL in DICOM"),
  byName: z
    .boolean()
    .optional()
    .describe(
      "asked for by a name and nothing else; on every mask it makes the segment AUTOMATIC in DICOM, else SEMIAUTOMATIC",
    ),
});

export const ExportSegment = z
  .strictObject({
    name: z.string().min(1).max(256),
    id: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("stays the same over exports: DICOM's tracking UID is made of it"),
    number: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe("its value in a labelmap; the place in this list when left out"),
    code: SegmentCode.optional().describe("that of the name where the vocabulary has one, when left out"),
    laterality: SegmentCode.optional().describe("left or right, beside a code of both sides"),
    colour: SegmentColour.optional(),
    masks: z.array(ExportMask).max(16_384).optional(),
    jobId: Digest.optional().describe("the masks of a volume job instead"),
  })
  .describe("either `masks` or `jobId`");

/** The body of `POST /v1/exports`. */
export const ExportRequest = z.strictObject({
  imageId: Digest,
  plane: Plane.default("native").describe("of masks that name none"),
  segments: z.array(ExportSegment).min(1).max(4096),
  format: ExportFormat,
  overlap: z
    .enum(["smaller", "later", "earlier", "separate", "4d"])
    .optional()
    .describe("who keeps a voxel that several claim; the first way that the format has when left out"),
  slice: z.strictObject({ plane: Plane, slice: Slice }).optional().describe("the slice that `png` writes"),
  deidentify: z
    .boolean()
    .default(false)
    .describe(
      "DICOM formats without anything that tells of a person (PS3.15 basic profile): new UIDs, names of segments by code or number",
    ),
  model: z.string().max(64).optional().describe("made the masks; the default model when left out"),
  name: z
    .string()
    .regex(/^[\p{L}\p{N}._-]{1,100}$/u)
    .optional()
    .describe("how file names begin: 1 to 100 letters, digits, dots, hyphens and underscores"),
  imageUri: z
    .string()
    .max(2048)
    .regex(/^(?:https?:\/\/\S+|[^\s:\\/][^:\\]*)$/)
    .optional()
    .describe("where `volview` finds the image: an address, or a file beside the others; `<name>.zip` when left out"),
});
export type ExportRequest = z.infer<typeof ExportRequest>;
/** As it is sent: what has a default may be left out. */
export type ExportOrder = z.input<typeof ExportRequest>;
