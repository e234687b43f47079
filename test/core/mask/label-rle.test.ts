import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeLabelRles } from "../../../core/mask/label-rle.ts";
import { encodeRle } from "../../../core/mask/rle.ts";

const slices = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    labels: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: width * height, maxLength: width * height }),
  }),
);

test("each number has the run lengths of its own mask", () => {
  fc.assert(
    fc.property(slices, ({ width, height, labels }) => {
      const found = encodeLabelRles(labels, width, height);
      expect([...found.keys()].sort()).toEqual([...new Set(labels)].filter((label) => label > 0).sort());
      for (const [label, rle] of found)
        expect(rle).toEqual(encodeRle({ width, height, data: Uint8Array.from(labels, (value) => +(value === label)) }));
    }),
  );
});
