import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IDENTITY } from "../../../core/image/geometry.ts";
import type { Slice } from "../../../core/image/volume.ts";
import { traceContours } from "../../../core/mask/contours.ts";
import { createMask, type Mask, maskArea } from "../../../core/mask/mask.ts";
import { measureMask } from "../../../core/mask/measurements.ts";
import { anyMask, draw } from "../support/drawing.ts";

const sliceOf = ({ width, height }: Mask, more: Partial<Slice> = {}): Slice => ({
  width,
  height,
  channels: 1,
  data: Int16Array.from({ length: width * height }, (_, n) => n),
  rescale: { slope: 1, intercept: 0 },
  inverted: false,
  spacingMm: undefined,
  xyToLps: IDENTITY,
  ...more,
});

describe("measureMask", () => {
  test("gives millimetres only where the spacing is known", () => {
    const mask = draw(["###.", "###."]);
    const px = measureMask(mask, sliceOf(mask));
    expect(px).toMatchObject({ area: 6, unit: "px", longestDiameter: Math.hypot(3, 2) });
    expect(px).not.toHaveProperty("areaMm2");
    const mm = measureMask(mask, sliceOf(mask, { spacingMm: [0.5, 3] }));
    expect(mm).toMatchObject({ area: 6, areaMm2: 9, unit: "mm", longestDiameter: Math.hypot(1.5, 6) });
  });

  test("takes grey values after rescaling", () => {
    const mask = draw([".##", "..#"]);
    const measured = measureMask(mask, sliceOf(mask, { rescale: { slope: 2, intercept: -1024 } }));
    // Stored 1, 2 and 5.
    expect(measured).toMatchObject({ min: -1022, max: -1014 });
    expect(measured.mean).toBeCloseTo(-1024 + 16 / 3, 10);
    expect(measured.sd).toBeCloseTo(2 * Math.sqrt((1 + 4 + 25) / 3 - (8 / 3) ** 2), 10);
  });

  test("keeps a small deviation beside a large mean", () => {
    const mask = draw(["##"]);
    expect(measureMask(mask, sliceOf(mask, { data: Float64Array.of(1e9, 1e9 + 1) })).sd).toBe(0.5);
  });

  test("reads colour as luminance", () => {
    const mask = draw(["#"]);
    const colour = sliceOf(mask, { channels: 3, data: Uint8Array.of(100, 200, 50) });
    expect(measureMask(mask, colour).mean).toBeCloseTo(0.299 * 100 + 0.587 * 200 + 0.114 * 50, 10);
  });

  test("the longest diameter is the largest distance between two outline vertices", () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const corners = traceContours(mask).flatMap(({ outer }) => outer);
        let longest = 0;
        for (const [ax, ay] of corners) {
          for (const [bx, by] of corners) longest = Math.max(longest, Math.hypot((ax - bx) * 0.5, (ay - by) * 0.7));
        }
        const measured = measureMask(mask, sliceOf(mask, { spacingMm: [0.5, 0.7] }));
        expect(measured.longestDiameter).toBeCloseTo(longest, 10);
        expect(measured.area).toBe(maskArea(mask));
      }),
    );
  });

  test("an empty mask has no grey values; another size is refused", () => {
    const empty = createMask(3, 2);
    expect(measureMask(empty, sliceOf(empty))).toMatchObject({ area: 0, mean: Number.NaN, longestDiameter: 0 });
    expect(() => measureMask(empty, sliceOf(draw(["#"])))).toThrow("must be 1 × 1 as its slice, got 3 × 2");
  });
});
