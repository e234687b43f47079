import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../../core/errors.ts";
import { modelInput, transformOf } from "../../../core/model/preprocess.ts";
import type { InputSpec } from "../../../core/wire/manifest.ts";
import { greySlice, inputSpec, thrownBy } from "../../support/slices.ts";

const OWN = inputSpec(64);
const SAM: InputSpec = { ...OWN, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };
const STRETCH: InputSpec = { ...OWN, resize: "stretch", pad: "none" };
const WHOLE = { center: 128, width: 256 };
const at = (image: Float32Array, c: number, x: number, y: number) => image[(c * 64 + y) * 64 + x]!;

describe("transformOf", () => {
  test.each([
    [{ width: 100, height: 50 }, OWN, { width: 64, height: 32, scaleX: 0.64, scaleY: 0.64 }],
    [{ width: 50, height: 101 }, OWN, { width: 32, height: 64, scaleX: 0.64, scaleY: 64 / 101 }],
    [{ width: 1, height: 1 }, OWN, { width: 64, height: 64, scaleX: 64, scaleY: 64 }],
    [{ width: 4096, height: 3 }, OWN, { width: 64, height: 1, scaleX: 1 / 64, scaleY: 1 / 3 }],
    [{ width: 100, height: 50 }, STRETCH, { width: 64, height: 64, scaleX: 0.64, scaleY: 1.28 }],
  ])("of %j", (size, input, expected) => {
    expect(transformOf({ ...size, spacingMm: undefined }, input)).toMatchObject(expected);
  });

  test("compares the sides in millimetres, so that a coarse axis is stretched", () => {
    const shown = transformOf({ width: 100, height: 20, spacingMm: [1, 5] }, OWN);
    expect(shown).toMatchObject({ width: 64, height: 64, scaleX: 0.64, scaleY: 3.2 });
  });

  test.each([
    { x0: 0, y0: 0, x1: 101, y1: 10 },
    { x0: 5, y0: 0, x1: 5, y1: 10 },
    { x0: -1, y0: 0, x1: 5, y1: 10 },
    { x0: 0.5, y0: 0, x1: 5, y1: 10 },
    { x0: Number.NaN, y0: 0, x1: 5, y1: 10 },
  ])("refuses the crop %j", (crop) => {
    const error = thrownBy(() => transformOf({ width: 100, height: 50, spacingMm: undefined }, OWN, crop));
    expect(isSegmenterError(error, "InvalidRequest")).toBe(true);
  });
});

describe("modelInput", () => {
  test("shows grey in all three channels and pads with zeros", () => {
    const { image } = modelInput(
      greySlice(100, 50, () => 255),
      { window: WHOLE, input: OWN },
    );
    expect(image).toHaveLength(3 * 64 * 64);
    for (const c of [0, 1, 2]) {
      expect(at(image, c, 63, 31)).toBeCloseTo(1);
      expect(at(image, c, 10, 32)).toBe(0);
    }
  });

  test("normalises before it pads, as SAM does", () => {
    const { image } = modelInput(
      greySlice(100, 50, () => 0),
      { window: WHOLE, input: SAM },
    );
    expect(at(image, 0, 0, 0)).toBeCloseTo(-123.675 / 58.395, 4);
    expect(at(image, 2, 0, 0)).toBeCloseTo(-103.53 / 57.375, 4);
    expect(at(image, 0, 0, 40)).toBe(0);
  });

  test("windows modality values, not stored ones", () => {
    const slice = greySlice(64, 64, (x) => (x < 32 ? 0 : 100), { rescale: { slope: 10, intercept: -1000 } });
    const { image } = modelInput(slice, { window: { center: -500, width: 100 }, input: OWN });
    expect(at(image, 0, 5, 5)).toBe(0);
    expect(at(image, 0, 60, 5)).toBe(1);
  });

  test("inverts MONOCHROME1 once", () => {
    const slice = greySlice(64, 64, (x) => (x < 32 ? 0 : 255), { inverted: true });
    const { image } = modelInput(slice, { window: WHOLE, input: OWN });
    expect(at(image, 0, 5, 5)).toBeCloseTo(1);
    expect(at(image, 0, 60, 5)).toBeCloseTo(0);
  });

  test("without a window grey uses its own range", () => {
    const slice = greySlice(64, 64, (x) => 100 + (x % 3));
    const { image } = modelInput(slice, { window: null, input: OWN });
    expect(Math.max(...image) - Math.min(...image)).toBeGreaterThan(0.9);
  });

  test("takes colour as it is, channel by channel", () => {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => [255, 51, 0][i % 3]!);
    const { image } = modelInput({ ...greySlice(64, 64, () => 0), channels: 3, data }, { window: null, input: OWN });
    expect([0, 1, 2].map((c) => at(image, c, 9, 9).toFixed(2))).toEqual(["1.00", "0.20", "0.00"]);
  });

  test("a crop fills the square, so that small things are large", () => {
    const slice = greySlice(100, 100, (x, y) => (x === 50 && y === 60 ? 255 : 0));
    const { image, transform } = modelInput(slice, {
      window: WHOLE,
      crop: { x0: 48, y0: 58, x1: 52, y1: 62 },
      input: OWN,
    });
    expect(transform).toMatchObject({ width: 64, height: 64, scaleX: 16 });
    expect(at(image, 0, 40, 40)).toBeGreaterThan(0.9);
    expect(at(image, 0, 5, 5)).toBe(0);
  });

  test("NaN pixels reach no network", () => {
    const data = Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 7 ? i : Number.NaN));
    const { image } = modelInput({ ...greySlice(64, 64, () => 0), data }, { window: null, input: OWN });
    expect(image.every(Number.isFinite)).toBe(true);
  });

  test("gives the same bits twice", () => {
    const make = () =>
      modelInput(
        greySlice(313, 201, (x, y) => (x * y) % 255),
        { window: WHOLE, input: SAM },
      ).image;
    expect(Buffer.from(make().buffer).equals(Buffer.from(make().buffer))).toBe(true);
  });
});
