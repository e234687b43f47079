import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../../core/errors.ts";
import { transformOf } from "../../../core/model/preprocess.ts";
import { LABEL, MAX_SCRIBBLE_POINTS, promptFeeds } from "../../../core/prompt/sam.ts";
import { fromModel, toModel } from "../../../core/prompt/space.ts";
import type { Prompt } from "../../../core/wire/prompt.ts";
import { inputSpec, thrownBy } from "../../support/slices.ts";

const INPUT = inputSpec(1024);
const SLICE = { width: 512, height: 256, spacingMm: undefined };
const transform = transformOf(SLICE, INPUT);
const space = { size: SLICE, logitsSize: 256 };

const foreground: Prompt = { kind: "point", x: 10, y: 20, label: "foreground" };
const background: Prompt = { kind: "point", x: 30, y: 40, label: "background" };
const box: Prompt = { kind: "box", x0: 5, y0: 6, x1: 100, y1: 90 };

const feedsOf = (prompts: readonly Prompt[], more: object = {}) =>
  promptFeeds(prompts, transform, { ...space, ...more });
const failure = (prompts: readonly Prompt[], more: object = {}) => thrownBy(() => feedsOf(prompts, more));

describe("points and boxes", () => {
  test("a click is followed by SAM's padding point", () => {
    const { pointCoords, pointLabels, hasMaskInput } = feedsOf([foreground]);
    expect([...pointCoords]).toEqual([20.5, 40.5, 0, 0]);
    expect([...pointLabels]).toEqual([LABEL.foreground, LABEL.padding]);
    expect(hasMaskInput).toBe(false);
  });

  test("a box is two labelled corners and no padding", () => {
    const { pointCoords, pointLabels } = feedsOf([box]);
    expect([...pointLabels]).toEqual([LABEL.boxTopLeft, LABEL.boxBottomRight]);
    expect([...pointCoords]).toEqual([10.5, 12.5, 200.5, 180.5]);
  });

  test("prompts combine: points first, then the box", () => {
    const { pointLabels } = feedsOf([box, foreground, background]);
    expect([...pointLabels]).toEqual([1, 0, 2, 3]);
  });

  test("text goes out beside the tensors", () => {
    const { pointLabels, text } = feedsOf([{ kind: "text", text: "liver" }]);
    expect(text).toBe("liver");
    expect([...pointLabels]).toEqual([LABEL.padding]);
  });

  test.each<[string, Prompt[], number]>([
    ["a point left of the slice", [foreground, { ...foreground, x: -0.6 }], 1],
    ["a point below the slice", [{ ...foreground, y: 255.6 }], 0],
    ["a coordinate that is NaN", [{ ...foreground, x: Number.NaN }], 0],
    ["an infinite coordinate", [{ ...foreground, y: Number.POSITIVE_INFINITY }], 0],
    ["an inverted box", [{ kind: "box", x0: 50, y0: 6, x1: 5, y1: 90 }], 0],
    ["a box outside", [{ kind: "box", x0: 5, y0: 6, x1: 600, y1: 90 }], 0],
    ["a second box", [box, foreground, box], 2],
    [
      "a second text",
      [
        { kind: "text", text: "a" },
        { kind: "text", text: "b" },
      ],
      1,
    ],
    [
      "a scribble that leaves the slice",
      [
        {
          kind: "scribble",
          label: "foreground",
          points: [
            [1, 1],
            [1, 900],
          ],
        },
      ],
      0,
    ],
    [
      "a lasso that leaves the slice",
      [
        {
          kind: "lasso",
          label: "foreground",
          points: [
            [1, 1],
            [9, 9],
            [1, 900],
          ],
        },
      ],
      0,
    ],
    [
      "a lasso around nothing",
      [
        {
          kind: "lasso",
          label: "foreground",
          points: [
            [1, 1],
            [9, 9],
            [5, 5],
          ],
        },
      ],
      0,
    ],
    ["a mask of another size", [{ kind: "mask", rle: { size: [2, 2], counts: [0, 4] } }], 0],
    ["an empty mask", [{ kind: "mask", rle: { size: [256, 512], counts: [256 * 512] } }], 0],
  ])("refuses %s and says which prompt", (_, prompts, index) => {
    const error = failure(prompts);
    expect(isSegmenterError(error, "InvalidPrompt") && error.detail).toMatchObject({ index });
  });

  test("a point on the outer edge of a border pixel is inside", () => {
    const { pointCoords } = feedsOf([{ ...foreground, x: -0.5, y: 255.5 }]);
    expect([...pointCoords.slice(0, 2)]).toEqual([-0.5, 511.5]);
  });

  test.each([
    ["too short", new Float32Array(5)],
    ["not finite", new Float32Array(65536).fill(Number.NaN)],
  ])("refuses previous logits that are %s", (_, previous) => {
    expect(isSegmenterError(failure([foreground], { previous }), "InvalidRequest")).toBe(true);
  });

  test("previous logits go in as they came", () => {
    const previous = new Float32Array(65536).fill(3);
    const { maskInput, hasMaskInput } = feedsOf([foreground], { previous });
    expect(hasMaskInput).toBe(true);
    expect(maskInput[100]).toBe(3);
  });
});

describe("scribbles", () => {
  const line = (n: number, length: number): Prompt => ({
    kind: "scribble",
    label: "background",
    points: Array.from({ length: n }, (_, i) => [10 + (i * length) / (n - 1), 50]),
  });

  test("become at most 64 points, however long and dense", () => {
    const zigzag = Array.from({ length: 8192 }, (_, i): [number, number] => [i % 2 ? 500 : 10, (i * 255) / 8192]);
    const { pointLabels } = feedsOf([{ kind: "scribble", label: "background", points: zigzag }]);
    expect(pointLabels).toHaveLength(MAX_SCRIBBLE_POINTS + 1);
    expect(pointLabels[0]).toBe(LABEL.background);
  });

  test("stay few together, however many they are", () => {
    const { pointLabels } = feedsOf(Array.from({ length: 512 }, () => line(400, 490)));
    expect(pointLabels.length).toBeLessThanOrEqual(1025);
  });

  test("keep both ends and thin the rest", () => {
    const { pointCoords, pointLabels } = feedsOf([line(400, 300)]);
    const count = pointLabels.length - 1;
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(30);
    expect(pointCoords[0]).toBeCloseTo(20.5);
    expect(pointCoords[2 * (count - 1)]).toBeCloseTo(620.5);
  });

  test("a dab is one point", () => {
    const { pointLabels } = feedsOf([{ kind: "scribble", label: "foreground", points: [[4, 4]] }]);
    expect([...pointLabels]).toEqual([1, -1]);
  });
});

describe("crops", () => {
  const cropped = transformOf(SLICE, INPUT, { x0: 100, y0: 50, x1: 200, y1: 150 });
  const inCrop = (prompts: readonly Prompt[]) => promptFeeds(prompts, cropped, space);

  test("a background click outside says nothing about the crop; a foreground one contradicts it", () => {
    const inside: Prompt = { kind: "point", x: 150, y: 100, label: "foreground" };
    expect([...inCrop([inside, background]).pointLabels]).toEqual([1, -1]);
    expect(() => inCrop([foreground])).toThrow("outside the encoded crop");
  });

  test("a box is cut to the crop", () => {
    const { pointCoords } = inCrop([{ kind: "box", x0: 0, y0: 0, x1: 150, y1: 300 - 150 }]);
    const corners = [pointCoords.slice(0, 2), pointCoords.slice(2, 4)];
    expect(corners.map((corner) => fromModel([corner[0]!, corner[1]!], cropped).map(Math.round))).toEqual([
      [100, 50],
      [150, 149],
    ]);
  });

  test("a box beside the crop is refused", () => {
    expect(() => inCrop([{ kind: "box", x0: 0, y0: 0, x1: 50, y1: 40 }])).toThrow("outside the encoded crop");
  });
});

describe("D-10: a click maps to the model and back", () => {
  const side = fc.integer({ min: 1, max: 4096 });
  const rows = fc.integer({ min: 1, max: 3000 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const pitch = fc.option(
    fc.tuple(fc.double({ min: 0.1, max: 5, noNaN: true }), fc.double({ min: 0.1, max: 5, noNaN: true })),
  );

  test("within 0.5 px for every size, pitch, crop and place, and lands in the valid part of the square", () => {
    fc.assert(
      fc.property(side, rows, pitch, fc.array(share, { minLength: 6, maxLength: 6 }), (width, height, spacing, at) => {
        const cut = (from: number, to: number, size: number) => {
          const start = Math.min(Math.floor(from * size), size - 1);
          return [start, Math.min(size, start + 1 + Math.floor(to * (size - start)))] as const;
        };
        const [x0, x1] = cut(at[0]!, at[1]!, width);
        const [y0, y1] = cut(at[2]!, at[3]!, height);
        const size = { width, height, spacingMm: spacing ?? undefined };
        const mapping = transformOf(size, INPUT, { x0, y0, x1, y1 });
        const place = [x0 + Math.floor(at[4]! * (x1 - x0 - 1)), y0 + Math.floor(at[5]! * (y1 - y0 - 1))] as const;
        const [u, v] = toModel(place, mapping);
        expect(u).toBeGreaterThanOrEqual(-0.5);
        expect(v).toBeGreaterThanOrEqual(-0.5);
        expect(u).toBeLessThanOrEqual(mapping.width - 0.5);
        expect(v).toBeLessThanOrEqual(mapping.height - 0.5);
        const [x, y] = fromModel([Math.fround(u), Math.fround(v)], mapping);
        expect(Math.abs(x - place[0])).toBeLessThan(0.5);
        expect(Math.abs(y - place[1])).toBeLessThan(0.5);
      }),
      { numRuns: 500 },
    );
  });
});
