import { describe, expect, test } from "vitest";
import { lineTo, logitsBeyond, type Stack } from "../../../core/model/sides.ts";
import type { Line, Transform } from "../../../core/wire/index.ts";

/** Radiological axial slices of 200 × 100 pixels of 2 mm, 10 of them; x grows to the patient's left. */
const AXIAL: Stack = {
  width: 200,
  height: 100,
  count: 10,
  xyToLps: [2, 0, 0, -37, 0, 2, 0, 5, 0, 0, 5, 0, 0, 0, 0, 1],
};
/** Each slice is one plane from right to left. */
const SAGITTAL: Stack = { ...AXIAL, xyToLps: [0, 0, 4, -90, 2, 0, 0, 0, 0, -2, 0, 0, 0, 0, 0, 1] };

const at = ([a, b, c]: Line, x: number, y: number) => a * x + b * y + c;

describe("the line to a side", () => {
  test("runs through the middle of an axial slice, wherever the scanner's origin is", () => {
    const left = lineTo("left", AXIAL, 3)!;
    expect([at(left, 120, 9), at(left, 99.5, 80), at(left, 40, 9)].map(Math.sign)).toEqual([1, 0, -1]);
    expect(at(left, 109.5, 0)).toBeCloseTo(20); // millimetres
    expect(lineTo("right", AXIAL, 3)!.map((value) => -value)).toEqual(left);
  });

  test("turns with a slice that is shown the other way round", () => {
    const mirrored = { ...AXIAL, xyToLps: AXIAL.xyToLps.with(0, -2) };
    expect(at(lineTo("left", mirrored, 3)!, 40, 9)).toBeGreaterThan(0);
  });

  test("lies beside a sagittal slice: all of it is on one side, or unknown in the middle", () => {
    expect([0, 60, 199].map((x) => Math.sign(at(lineTo("left", SAGITTAL, 8)!, x, 50)))).toEqual([1, 1, 1]);
    expect([0, 60, 199].map((x) => Math.sign(at(lineTo("left", SAGITTAL, 1)!, x, 50)))).toEqual([-1, -1, -1]);
    expect(lineTo("left", { ...SAGITTAL, count: 1 }, 0)).toBeUndefined();
  });
});

describe("logits beyond a line", () => {
  const transform: Transform = {
    ...{ crop: { x0: 0, y0: 0, x1: 32, y1: 16 }, scaleX: 2, scaleY: 2 },
    ...{ width: 64, height: 32, inputSize: 64 },
  };
  const RIGHT_HALF: Line = [1, 0, -15.5];

  /** 32 × 32 logits, one to a pixel: 5 in the given columns of rows 4 to 9, else −5. */
  function blocks(...columns: readonly (readonly [from: number, to: number])[]): Float32Array {
    return Float32Array.from({ length: 32 * 32 }, (_, i) => {
      const [x, y] = [i % 32, Math.floor(i / 32)];
      return y >= 4 && y < 10 && columns.some(([from, to]) => x >= from && x < to) ? 5 : -5;
    });
  }
  const columnsOf = (logits: Float32Array) => [
    ...new Set([...logits.keys()].filter((i) => logits[i] > 0).map((i) => i % 32)),
  ];

  const cut = (logits: Float32Array, within = transform) =>
    logitsBeyond(RIGHT_HALF, logits, { transform: within, threshold: 0 });

  test("keep the one of two kidneys", () => {
    expect(columnsOf(cut(blocks([5, 9], [22, 26])))).toEqual([22, 23, 24, 25]);
  });

  test("keep or drop as a whole what reaches only a little across", () => {
    const [mostlyThere, mostlyNot] = [blocks([15, 28]), blocks([4, 17])];
    expect(columnsOf(cut(mostlyThere))).toEqual(columnsOf(mostlyThere));
    expect(columnsOf(cut(mostlyNot))).toEqual([]);
  });

  test("are cut where one part lies on both sides", () => {
    expect(columnsOf(cut(blocks([10, 22])))).toEqual([16, 17, 18, 19, 20, 21]);
  });

  test("follow the crop that was encoded", () => {
    const crop = { ...transform, crop: { x0: 8, y0: 0, x1: 24, y1: 8 }, scaleX: 4, scaleY: 4 };
    expect(columnsOf(cut(blocks([2, 6], [20, 24]), crop))).toEqual([20, 21, 22, 23]);
  });
});
