import { expect, test } from "vitest";
import { sliceThickness } from "../../../core/image/thickness.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";

const straight: Mat4 = [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];
const at = (...heights: number[]): Vec3[] => heights.map((z) => [7, 8, z]);

test("an even stack has its step for every slice", () => {
  expect(sliceThickness({ xyToLps: straight, count: 3 })).toEqual([3, 3, 3]);
});

test("of a tilted stack it is the way across the slices, so that the volume is the determinant of the affine", () => {
  const tilted: Mat4 = [0.5, 0, 0, 0, 0, 0.5, 2, 0, 0, 0, 3, 0, 0, 0, 0, 1];
  expect(sliceThickness({ xyToLps: tilted, count: 2 })).toEqual([3, 3]);
});

test("of an uneven stack each slice has half the way to its neighbours, whichever way it runs", () => {
  const xyToLps = straight;
  // 2 mm steps, then a gap of 10, then 4.
  expect(sliceThickness({ xyToLps, count: 5 }, at(0, 2, 4, 14, 18))).toEqual([2, 2, 6, 7, 4]);
  expect(sliceThickness({ xyToLps, count: 3 }, at(9, 5, 4))).toEqual([4, 2.5, 1]);
  expect(sliceThickness({ xyToLps, count: 1 }, at(9))).toEqual([3]);
});

test("frames in time have none", () => {
  expect(sliceThickness({ xyToLps: straight, count: 3 }, at(5, 5, 5))).toBeUndefined();
});
