import { z } from "zod";

export const Digest = z
  .templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)])
  .describe("sha256 of the content");

export const Plane = z.enum(["native", "axial", "coronal", "sagittal"]);

/** VOI window in modality units (HU for CT). */
export const Window = z.strictObject({ center: z.number(), width: z.number().min(1e-6) });

/** Pixels of the slice, integer = pixel centre, all four corners included. */
export const PixelBox = z.strictObject({
  x0: z.number(),
  y0: z.number(),
  x1: z.number(),
  y1: z.number(),
});
export type PixelBox = z.infer<typeof PixelBox>;

/** COCO uncompressed RLE: column-major, the first run counts zeros. */
export const Rle = z.strictObject({
  size: z.tuple([z.int().positive(), z.int().positive()]).describe("[height, width]"),
  counts: z.array(z.int().nonnegative()).max(4_194_304),
});
export type Rle = z.infer<typeof Rle>;
