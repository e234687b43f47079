import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { angleAt, lengthBetween, type SlicePoint } from "../../../core/image/distance.ts";
import { valuesAt } from "../../../core/image/values.ts";
import type { Slice } from "../../../core/image/volume.ts";

const place = fc.tuple(fc.integer({ min: -99, max: 999 }), fc.integer({ min: -99, max: 999 }));
const pitch = fc.tuple(fc.double({ min: 0.1, max: 5, noNaN: true }), fc.double({ min: 0.1, max: 5, noNaN: true }));

describe("lengthBetween", () => {
  test.each([
    { name: "pixels without a spacing", spacingMm: undefined, value: 5, unit: "px" },
    {
      name: "millimetres by the pitch of each axis",
      spacingMm: [2, 0.5] as const,
      value: Math.hypot(6, 2),
      unit: "mm",
    },
  ])("counts $name", ({ spacingMm, value, unit }) => {
    expect(lengthBetween([1, 1], [4, 5], spacingMm)).toEqual({ value, unit });
  });

  test("is the same both ways and never longer by a detour", () => {
    fc.assert(
      fc.property(place, place, place, pitch, (a, b, c, spacing) => {
        const length = (from: SlicePoint, to: SlicePoint) => lengthBetween(from, to, spacing).value;
        expect(length(a, b)).toBe(length(b, a));
        expect(length(a, b)).toBeLessThanOrEqual(length(a, c) + length(c, b) + 1e-9);
      }),
    );
  });
});

describe("angleAt", () => {
  test.each([
    {
      name: "a right angle",
      places: [
        [5, 0],
        [0, 0],
        [0, 7],
      ],
      spacingMm: undefined,
      degrees: 90,
    },
    {
      name: "a straight line",
      places: [
        [-3, 0],
        [0, 0],
        [8, 0],
      ],
      spacingMm: undefined,
      degrees: 180,
    },
    {
      name: "a diagonal of square pixels",
      places: [
        [1, 0],
        [0, 0],
        [1, 1],
      ],
      spacingMm: [1, 1],
      degrees: 45,
    },
    {
      name: "the same diagonal where pixels are twice as high",
      places: [
        [1, 0],
        [0, 0],
        [1, 1],
      ],
      spacingMm: [1, 2],
      degrees: (Math.atan(2) * 180) / Math.PI,
    },
  ] as const)("of $name is $degrees", ({ places, spacingMm, degrees }) => {
    expect(angleAt(places, spacingMm)).toBeCloseTo(degrees, 9);
  });

  test("the angles of a triangle come to 180 degrees, whatever the pitch", () => {
    fc.assert(
      fc.property(place, place, place, pitch, (a, b, c, spacing) => {
        const angles = [angleAt([b, a, c], spacing), angleAt([a, b, c], spacing), angleAt([a, c, b], spacing)];
        const [x, y, z] = angles;
        fc.pre(x !== undefined && y !== undefined && z !== undefined);
        expect(x! + y! + z!).toBeCloseTo(180, 4);
      }),
    );
  });

  test("of a leg without extent is none", () =>
    expect(
      angleAt(
        [
          [1, 1],
          [1, 1],
          [2, 2],
        ],
        [1, 1],
      ),
    ).toBeUndefined());
});

describe("valuesAt", () => {
  const slice: Slice = {
    ...{ width: 2, height: 2, channels: 1, data: Int16Array.of(0, 1, 2, 3), inverted: false, xyToLps: [] },
    ...{ rescale: { slope: 2, intercept: -1000 }, spacingMm: undefined },
  };
  test("are modality values", () => expect(valuesAt(slice, { x: 1, y: 1 })).toEqual([-994]));
  test("outside of the slice are none", () => expect(valuesAt(slice, { x: 2, y: 0 })).toBeUndefined());
  test("of a reduced picture are none, and of a part those of its own place", () => {
    const region = { x0: 10, y0: 20, x1: 12, y1: 22 };
    expect(
      valuesAt(
        { ...slice, part: { region, whole: { width: 64, height: 64, spacingMm: undefined }, level: 1 } },
        { x: 10, y: 20 },
      ),
    ).toBeUndefined();
    expect(
      valuesAt(
        { ...slice, part: { region, whole: { width: 64, height: 64, spacingMm: undefined }, level: 0 } },
        { x: 11, y: 20 },
      ),
    ).toEqual([-998]);
    expect(
      valuesAt(
        { ...slice, part: { region, whole: { width: 64, height: 64, spacingMm: undefined }, level: 0 } },
        { x: 0, y: 0 },
      ),
    ).toBeUndefined();
  });
});
