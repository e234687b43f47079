import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMask, maskArea } from "../../../core/mask/mask.ts";
import { decodeRle, encodeRle, rleFromString, rleToString } from "../../../core/mask/rle.ts";
import { anyMask, draw } from "../support/drawing.ts";

/** An ellipse with an elliptic hole, as the golden of pycocotools was made. */
function ringMask() {
  const mask = createMask(131, 97);
  for (let y = 0; y < 97; y++) {
    for (let x = 0; x < 131; x++) {
      const outer = ((x - 60) / 40) ** 2 + ((y - 50) / 30) ** 2 < 1;
      const inner = ((x - 70) / 9) ** 2 + ((y - 45) / 14) ** 2 < 1;
      if (outer && !inner) mask.data[y * 131 + x] = 1;
    }
  }
  return mask;
}

// Strings by pycocotools 2.0 (mask.encode).
const GOLDENS = [
  { name: "full", rows: ["##", "##"], counts: [0, 4], text: "04" },
  { name: "first row", rows: ["##", ".."], counts: [0, 1, 1, 1, 1], text: "01100" },
  { name: "empty 1 × 7", rows: ["......."], counts: [7], text: "7" },
  { name: "dashed 1 × 7", rows: ["#.#.#.#"], counts: [0, 1, 1, 1, 1, 1, 1, 1], text: "01100000" },
  { name: "column", rows: [".", "#", "#", ".", "#"], counts: [1, 2, 1, 1], text: "121O" },
  { name: "patches", rows: ["..##.", "#..##", ".#.#."], counts: [1, 1, 3, 2, 2, 3, 1, 1, 1], text: "1131O1ON0" },
];

describe("RLE", () => {
  test.each(GOLDENS)("encodes $name in column-major order, as COCO does", ({ rows, counts, text }) => {
    const rle = encodeRle(draw(rows));
    expect(rle).toEqual({ size: [rows.length, rows[0]?.length], counts });
    expect(rleToString(rle)).toBe(text);
    expect(rleFromString(text, rle.size)).toEqual(rle);
    expect(decodeRle(rle)).toEqual(draw(rows));
  });

  test("equals pycocotools on a ring of 3362 pixels", () => {
    const mask = ringMask();
    expect(maskArea(mask)).toBe(3362);
    expect(rleToString(encodeRle(mask))).toBe(
      "QQ2=a26K4L4M2N2N2N2N2N2N2N2N2O0O2O0O2N2O000O2O0O2O000O2O00000O2O0000000000000000000000gNWO:i0D[O:e0D_O:a0EA:?EC:=EE:;FE:;FE:;FE:<ED:=FC:=FC:=GA:`0F^O:c0G[O:e0HWO:j0GRO:o0l01N10001N2N101N101N2N2N2N2N2N2N2N2N3L4L5Jfl2",
    );
    expect(rleToString({ size: [1000, 3], counts: [1000, 1000, 1000] })).toBe("Xo0Xo0Xo0");
  });

  test("decoding undoes encoding, through numbers and through the compressed string", () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const rle = encodeRle(mask);
        expect(rle.counts.reduce((a, b) => a + b, 0)).toBe(mask.width * mask.height);
        expect(decodeRle(rle)).toEqual(mask);
        expect(rleFromString(rleToString(rle), rle.size)).toEqual(rle);
      }),
    );
  });

  test.each([
    { name: "too few", counts: [3], reason: "sum to 2 × 2 = 4, got 3" },
    { name: "too many", counts: [3, 2], reason: "got 5" },
    { name: "negative", counts: [5, -1], reason: "got -1" },
    { name: "fractional", counts: [1.5, 2.5], reason: "got 1.5" },
  ])("refuses $name pixels", ({ counts, reason }) => {
    expect(() => decodeRle({ size: [2, 2], counts })).toThrow(reason);
    expect(() => decodeRle({ size: [2, 2], counts })).toThrow("InvalidRequest");
  });

  test("refuses a size that nobody can hold before it allocates", () => {
    expect(() => decodeRle({ size: [1e6, 1e6], counts: [1e12] })).toThrow("TooLarge");
  });

  test.each(["", "P", "0 4", "é", "ooooooooooooo"])("refuses the broken compressed string %j", (text) => {
    expect(() => rleFromString(text, [2, 2])).toThrow("InvalidRequest");
  });
});
