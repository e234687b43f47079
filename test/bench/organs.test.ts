import { describe, expect, test } from "vitest";
import { overlay } from "../../bench/organs/overlay.ts";
import { organsOf } from "../../bench/organs/slices.ts";
import type { Mat4, Vec3, Volume } from "../../core/image/volume.ts";
import { maskArea, maskBounds } from "../../core/mask/mask.ts";
import { DEFAULT_LIMITS, readPng } from "../../formats/index.ts";
import { greySlice } from "../support/slices.ts";
import { drawMask } from "./masks.ts";

/** Axial voxels of 1 mm; a negative step stores that axis the other way round. */
function volumeOf(
  size: Vec3,
  [x, y]: readonly [1 | -1, 1 | -1],
  value: (i: number, j: number, k: number) => number,
): Volume {
  const [columns, rows, slices] = size;
  const data = new Uint8Array(columns * rows * slices);
  data.forEach((_, n) => {
    data[n] = value(n % columns, Math.floor(n / columns) % rows, Math.floor(n / (columns * rows)));
  });
  const ijkToLps: Mat4 = [x, 0, 0, x < 0 ? columns - 1 : 0, 0, y, 0, y < 0 ? rows - 1 : 0, 0, 0, 1, 0, 0, 0, 0, 1];
  return {
    ...greySlice(1, 1, () => 0),
    size,
    channels: 1,
    data,
    ijkToLps,
    unit: "mm",
    modality: "CT",
    windows: [],
    warnings: [],
  };
}

describe("organsOf", () => {
  const image = volumeOf([40, 30, 3], [1, 1], () => 0);
  const box = (i: number, j: number, k: number) => (i < 10 + k && j < 8 ? 5 : i >= 30 && j >= 28 ? 6 : 0);

  test("shows an organ where it is largest, and leaves out what is unnamed or tiny", () => {
    const found = organsOf(
      image,
      volumeOf([40, 30, 3], [1, 1], box),
      new Map([
        [6, "speck"],
        [5, "liver"],
      ]),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ name: "liver", k: 2 });
    expect(maskArea(found[0].truth)).toBe(12 * 8);
    expect(organsOf(image, volumeOf([40, 30, 3], [1, 1], box), new Map())).toEqual([]);
  });

  test("labels that are stored mirrored lie where the patient has them", () => {
    const mirrored = volumeOf([40, 30, 3], [-1, -1], (i, j, k) => box(39 - i, 29 - j, k));
    const [liver] = organsOf(image, mirrored, new Map([[5, "liver"]]));
    expect(maskBounds(liver.truth)).toEqual({ x0: 0, y0: 0, x1: 11, y1: 7 });
  });
});

test("an overlay draws the truth green, the answer red above it, and nothing else", () => {
  const truth = drawMask(20, 10, (x) => x >= 2 && x < 8);
  const answer = drawMask(20, 10, (x) => x >= 2 && x < 12);
  const grey = { center: 128, width: 256 };
  const picture = readPng(
    overlay(
      greySlice(20, 10, () => 100),
      grey,
      { truth, answer },
    ),
    DEFAULT_LIMITS,
  );
  const at = (x: number, y: number) => [...picture.data.subarray((y * 20 + x) * 3, (y * 20 + x) * 3 + 3)];
  expect(at(2, 5)).toEqual([255, 60, 60]);
  expect(at(7, 5)).toEqual([60, 255, 60]);
  expect(at(11, 5)).toEqual([255, 60, 60]);
  expect(at(15, 5)).toEqual(at(4, 5));
});
