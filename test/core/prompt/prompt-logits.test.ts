import { describe, expect, test } from "vitest";
import { createMask, maskArea, maskIou } from "../../../core/mask/mask.ts";
import { fillPolygon } from "../../../core/mask/polygon.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import { logitsToMask } from "../../../core/model/logits.ts";
import { transformOf } from "../../../core/model/preprocess.ts";
import { coverage, DRAWN_LOGIT, deepestPixel } from "../../../core/prompt/prompt-logits.ts";
import { LABEL, promptFeeds } from "../../../core/prompt/sam.ts";
import type { Prompt } from "../../../core/wire/prompt.ts";
import { inputSpec } from "../../support/slices.ts";

const INPUT = inputSpec(512);
const size = { width: 300, height: 200, spacingMm: undefined };
const transform = transformOf(size, INPUT);
const space = { size, logitsSize: 256 };
const square: [number, number][] = [
  [50, 40],
  [120, 40],
  [120, 100],
  [50, 100],
];
const lasso = (label: "foreground" | "background", points = square): Prompt => ({ kind: "lasso", label, points });
const feedsOf = (prompts: readonly Prompt[], previous?: Float32Array) =>
  promptFeeds(prompts, transform, { ...space, previous });

describe("mask prompts", () => {
  test.each([
    [300, 200],
    [64, 64],
    [2000, 700],
    [31, 500],
  ])("a mask of %i×%i survives the way to logits and back", (width, height) => {
    const shape = { width, height, spacingMm: undefined };
    const mapping = transformOf(shape, INPUT);
    const mask = fillPolygon(
      [
        [0.2, 0.3],
        [0.8, 0.2],
        [0.7, 0.9],
        [0.3, 0.7],
      ].map(([x, y]) => [x! * width, y! * height] as const),
      width,
      height,
    );
    const prompt: Prompt = { kind: "mask", rle: encodeRle(mask) };
    const { maskInput, hasMaskInput } = promptFeeds([prompt], mapping, { size: shape, logitsSize: 256 });
    expect(hasMaskInput).toBe(true);
    expect(maskIou(logitsToMask(maskInput, mapping, shape), mask)).toBeGreaterThan(0.9);
  });

  test("logits are ±8 away from the border and the padding is outside", () => {
    const full = createMask(300, 200);
    full.data.fill(1);
    const { maskInput } = feedsOf([{ kind: "mask", rle: encodeRle(full) }]);
    expect(maskInput[10 * 256 + 10]).toBe(DRAWN_LOGIT);
    expect(maskInput[250 * 256 + 10]).toBe(-DRAWN_LOGIT);
  });

  test("coverage adds up to the area of the mask", () => {
    const mask = fillPolygon(square, 300, 200);
    const cells = coverage(mask, transform, 256).reduce((sum, share) => sum + share, 0);
    const pixelsPerCell = (512 / 256 / transform.scaleX) * (512 / 256 / transform.scaleY);
    expect((cells * pixelsPerCell) / maskArea(mask)).toBeCloseTo(1, 1);
  });
});

describe("lassos", () => {
  test("give a point, a box and logits", () => {
    const { pointLabels, maskInput, hasMaskInput } = feedsOf([lasso("foreground")]);
    expect([...pointLabels]).toEqual([LABEL.foreground, LABEL.boxTopLeft, LABEL.boxBottomRight]);
    expect(hasMaskInput).toBe(true);
    const mask = logitsToMask(maskInput, transform, size);
    expect(maskIou(mask, fillPolygon(square, 300, 200))).toBeGreaterThan(0.9);
  });

  test("leave an explicit box alone", () => {
    const { pointCoords, pointLabels } = feedsOf([
      lasso("foreground"),
      { kind: "box", x0: 10, y0: 10, x1: 200, y1: 150 },
    ]);
    expect([...pointLabels]).toEqual([1, 2, 3]);
    expect(pointCoords[2]).toBeCloseTo(10.5 * transform.scaleX - 0.5, 4);
  });

  test("two foreground lassos are one area under one box", () => {
    const far: [number, number][] = [
      [200, 120],
      [260, 120],
      [260, 180],
    ];
    const { pointCoords, pointLabels, maskInput } = feedsOf([lasso("foreground"), lasso("foreground", far)]);
    expect([...pointLabels]).toEqual([1, 1, 2, 3]);
    expect(pointCoords[6]).toBeCloseTo(260.5 * transform.scaleX - 0.5, 4);
    const mask = logitsToMask(maskInput, transform, size);
    expect(mask.data[70 * 300 + 80]! + mask.data[130 * 300 + 250]!).toBe(2);
  });

  test("a background lasso cuts from what is there", () => {
    const inner: [number, number][] = [
      [70, 60],
      [100, 60],
      [100, 80],
      [70, 80],
    ];
    const { pointLabels, maskInput } = feedsOf([lasso("background", inner), lasso("foreground")]);
    expect([...pointLabels].sort()).toEqual([0, 1, 2, 3]);
    const mask = logitsToMask(maskInput, transform, size);
    expect(mask.data[70 * 300 + 85]).toBe(0);
    expect(mask.data[50 * 300 + 60]).toBe(1);
  });

  test("a background lasso alone is a background point", () => {
    const { pointLabels, hasMaskInput } = feedsOf([lasso("background")]);
    expect([...pointLabels]).toEqual([LABEL.background, LABEL.padding]);
    expect(hasMaskInput).toBe(false);
  });

  test("are cut to the crop: what is outside is neither clicked nor drawn", () => {
    const cropped = transformOf(size, INPUT, { x0: 100, y0: 0, x1: 300, y1: 200 });
    const inCrop = (prompts: readonly Prompt[]) => promptFeeds(prompts, cropped, space);
    const { pointCoords, pointLabels } = inCrop([lasso("foreground")]);
    expect([...pointLabels]).toEqual([1, 2, 3]);
    expect(pointCoords[0]).toBeGreaterThan(0);
    const beside: [number, number][] = [
      [10, 10],
      [60, 10],
      [60, 60],
    ];
    expect([...inCrop([lasso("foreground"), lasso("background", beside)]).pointLabels]).toEqual([1, 2, 3]);
    expect(() => inCrop([lasso("foreground", beside)])).toThrow("no pixel of the encoded crop");
  });

  test("are drawn onto previous logits, which stay as they were", () => {
    const previous = new Float32Array(65536).fill(1);
    const { maskInput } = feedsOf([lasso("background")], previous);
    expect(maskInput[0]).toBe(1);
    expect(Math.min(...maskInput)).toBe(-DRAWN_LOGIT);
    expect(previous.every((value) => value === 1)).toBe(true);
  });
});

describe("deepestPixel", () => {
  test("is the centre of a square and lies inside a ring", () => {
    const mask = createMask(9, 9);
    for (let y = 2; y < 7; y++) mask.data.fill(1, y * 9 + 2, y * 9 + 7);
    expect(deepestPixel(mask)).toEqual([4, 4]);
    mask.data[4 * 9 + 4] = 0;
    const [x, y] = deepestPixel(mask)!;
    expect(mask.data[y * 9 + x]).toBe(1);
  });

  test("treats the picture's border as the mask's border", () => {
    const mask = createMask(5, 3);
    mask.data.fill(1);
    expect(deepestPixel(mask)![1]).toBe(1);
  });

  test("is nothing for an empty mask", () => {
    expect(deepestPixel(createMask(4, 4))).toBeUndefined();
  });
});
