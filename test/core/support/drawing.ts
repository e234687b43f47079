/** Masks drawn as text, and random ones. */
import fc from "fast-check";
import { createMask, type Mask } from "../../../core/mask/mask.ts";

/** `#` is inside. */
export function draw(rows: readonly string[]): Mask {
  const data = Uint8Array.from(rows.join(""), (mark) => (mark === "#" ? 1 : 0));
  return createMask(rows[0]?.length ?? 0, rows.length, data);
}

/** The mask as text. */
export const rowsOf = ({ width, height, data }: Mask): string[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) => (value ? "#" : ".")).join(""),
  );

/** Any mask up to 13 × 11, single rows and columns included. */
export const anyMask: fc.Arbitrary<Mask> = fc
  .tuple(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 11 }))
  .chain(([width, height]) =>
    fc
      .array(fc.boolean(), { minLength: width * height, maxLength: width * height })
      .map((cells) => createMask(width, height, Uint8Array.from(cells, Number))),
  );
