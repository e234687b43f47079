/** What a server offers: the folder that it was started with, as studies, series and images. */
import { z } from "zod";
import { ArchiveSeriesRef } from "./archive.ts";
import { Digest } from "./common.ts";

/** Means something to the server that gave it, until that stops. */
export const SeriesId = z.string().regex(/^[0-9a-f]{32}$/);

export const StudySeries = z.strictObject({
  seriesId: SeriesId,
  format: z.string(),
  modality: z.string(),
  kind: z.string().describe("`image`, `localizer`, `segmentation` …; `pictures` for a list of single images"),
  files: z.int().positive(),
  size: z.tuple([z.number(), z.number(), z.number()]).optional().describe("columns, rows, slices, where the files say"),
  number: z.number().optional(),
  description: z.string().optional().describe("free text of the file: patient data"),
  imageId: Digest.optional().describe("of the image that was read from it last"),
  reason: z.string().optional().describe("why it cannot be read"),
});
export type StudySeries = z.infer<typeof StudySeries>;

/** One study. The first of the list has an `imageId`: it is open from the start. */
export const StudyEntry = z.strictObject({
  imageId: Digest.optional(),
  name: z.string(),
  date: z.string().optional(),
  description: z.string().optional().describe("free text of the file: patient data"),
  series: z.array(StudySeries),
  left: z.array(z.strictObject({ files: z.int().positive(), reason: z.string() })).describe("files that are no image"),
});
export type StudyEntry = z.infer<typeof StudyEntry>;

/** One image of a series: a phase, an echo, an orientation, or a picture of a list. */
export const SeriesImage = z.strictObject({
  index: z.int().nonnegative().describe("what `POST /v1/images` takes"),
  modality: z.string(),
  kind: z.string(),
  size: z.tuple([z.number(), z.number(), z.number()]).optional(),
  note: z.string().optional().describe("what sets it apart from the others"),
});
export type SeriesImage = z.infer<typeof SeriesImage>;

const index = z.int().nonnegative().max(100_000).optional().describe("one of several images of the series");

/** `POST /v1/images` with the name of a series instead of its bytes. */
export const ImageReference = z.union([
  z.strictObject({ dicomweb: ArchiveSeriesRef, index }),
  z.strictObject({ seriesId: SeriesId, index }),
]);
export type ImageReference = z.infer<typeof ImageReference>;
