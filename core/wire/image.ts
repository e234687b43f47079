import { z } from "zod";
import { Digest, Plane, Window } from "./common.ts";

const Triple = z.tuple([z.number(), z.number(), z.number()]);

export const PlaneInfo = z.strictObject({
  plane: Plane,
  width: z.int().positive(),
  height: z.int().positive(),
  count: z.int().positive(),
  spacingMm: z.tuple([z.number(), z.number()]).nullable().describe("pixel pitch along x and y; null when unknown"),
  xyToLps: z.array(z.number()).length(16).describe("pixel (x, y, slice) → LPS mm, row-major 4×4"),
  windows: z
    .array(Window)
    .optional()
    .describe("the window of each slice, where the file gives slices different ones; the default of that slice"),
});
export type PlaneInfo = z.infer<typeof PlaneInfo>;

const VoiCurve = z
  .strictObject({ from: z.number(), to: z.number(), greys: z.array(z.number()) })
  .describe("a VOI LUT or sigmoid: greys 0 to 255, evenly spaced from one modality value to the other");

/** What the server knows of an uploaded image. No patient data. */
export const ImageInfo = z.strictObject({
  imageId: Digest,
  kind: z.enum(["image", "volume"]),
  modality: z.string(),
  bodyPart: z
    .string()
    .max(16)
    .optional()
    .describe("region of the vocabulary that the file says it shows; files are often wrong"),
  channels: z.union([z.literal(1), z.literal(3)]),
  dtype: z.string().describe("numpy name of the stored values, little-endian"),
  size: Triple.describe("[i, j, k]"),
  spacing: Triple.nullable().describe("mm along i, j, k; null when the file has no geometry"),
  ijkToLps: z.array(z.number()).length(16),
  slicePositions: z
    .array(Triple)
    .optional()
    .describe(
      "LPS mm of the first pixel of each slice, where slices are not evenly spaced or follow each other in time",
    ),
  rescale: z.strictObject({ slope: z.number(), intercept: z.number() }),
  inverted: z.boolean(),
  windows: z
    .array(z.strictObject({ name: z.string(), ...Window.shape, curve: VoiCurve.optional() }))
    .describe("the first is used when none is asked for"),
  planes: z.array(PlaneInfo),
  hasSource: z.boolean().describe("its DICOM instances are known: formats that refer to them can be written"),
  warnings: z.array(z.string()),
});
export type ImageInfo = z.infer<typeof ImageInfo>;

/** `core/image/source.ts` on the wire. Patient data. */
export const ImageSource = z.strictObject({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  frameOfReferenceUid: z.string().optional(),
  slices: z
    .array(z.strictObject({ sopClassUid: z.string(), sopInstanceUid: z.string(), frame: z.int().positive() }))
    .describe("one for each slice, in the order of k"),
  attributes: z
    .record(z.string(), z.strictObject({ vr: z.string(), value: z.string() }))
    .describe("patient, study and series attributes that a SEG repeats, by tag as eight hex digits"),
});

/** The answer to `GET /v1/images/:id`. `source` is patient data, and there only when it was asked for and the file said. */
export const ImageDescription = z.strictObject({
  ...ImageInfo.shape,
  source: ImageSource.optional().describe("for exports, and for viewers that match a series"),
});
export type ImageDescription = z.infer<typeof ImageDescription>;

/** How `GET /v1/series/:key` is asked: `key` is the sha256 of the salt, a line feed and the SeriesInstanceUID. */
export const SeriesSalt = z.strictObject({ salt: z.string().describe("hex digits; another one after a restart") });
export type SeriesSalt = z.infer<typeof SeriesSalt>;
