import { z } from "zod";
import { Plane, Rle } from "./common.ts";

/** A concept of a coding scheme, as in DICOM (PS3.3 8.8). */
export const SegmentCode = z
  .strictObject({
    scheme: z.string().min(1).max(16),
    value: z.string().min(1).max(64),
    meaning: z.string().min(1).max(64),
  })
  .describe('as DICOM writes a code: `{"scheme": "SCT", "value": "10200004", "meaning": "Liver"}`');

export const SegmentColour = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/)
  .describe("#rrggbb");

/** A segment as a file held it, on the slices of the image. */
export const ImportedSegment = z.strictObject({
  name: z.string(),
  code: SegmentCode.optional(),
  colour: SegmentColour.optional(),
  masks: z
    .array(z.strictObject({ plane: Plane, slice: z.int().nonnegative(), rle: Rle }))
    .describe("slices without a pixel are left out"),
});
export type ImportedSegment = z.infer<typeof ImportedSegment>;

/** The answer to `POST /v1/images/:id/imports`. Names are the file's own words. */
export const ImportResult = z.strictObject({
  segments: z.array(ImportedSegment).describe("in the order of the file; one without a mask on this image is empty"),
  warnings: z.array(z.string()).describe("what was assumed, in sentences"),
});
export type ImportResult = z.infer<typeof ImportResult>;
