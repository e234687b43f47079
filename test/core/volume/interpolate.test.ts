import { describe, expect, test } from "vitest";
import { createMask, type Mask, maskArea, maskDice, maskIou } from "../../../core/mask/mask.ts";
import { interpolate } from "../../../core/volume/interpolate.ts";

function disc(cx: number, cy: number, radius: number): Mask {
  const mask = createMask(64, 64);
  for (let y = 0; y < 64; y++)
    for (let x = 0; x < 64; x++) if (Math.hypot(x - cx, y - cy) < radius) mask.data[y * 64 + x] = 1;
  return mask;
}

const ball = (k: number) => disc(32, 32, Math.sqrt(Math.max(0, 400 - (2 * (k - 10)) ** 2)));

describe("interpolation", () => {
  test("fills the gaps of a ball known on every fourth slice", () => {
    const settled = new Map([2, 6, 10, 14, 18].map((k) => [k, ball(k)] as const));
    const found = interpolate(settled);
    expect(found.map(({ slice }) => slice)).toEqual([3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17]);
    for (const { slice, mask } of found) expect(maskDice(mask, ball(slice))).toBeGreaterThan(0.9);
  });

  test("follows a disc that moves further than its own width", () => {
    const found = interpolate(new Map([[0, disc(10, 12, 6)] as const, [8, disc(50, 44, 6)] as const]));
    for (const { slice, mask } of found)
      expect(maskIou(mask, disc(10 + 5 * slice, 12 + 4 * slice, 6))).toBeGreaterThan(0.95);
  });

  test("gives the same mask between two equal ones, and nothing beside an empty one or without a gap", () => {
    const mask = disc(20, 30, 9);
    for (const found of interpolate(new Map([[3, mask] as const, [6, mask] as const])))
      expect(found.mask).toEqual(mask);
    const empty = createMask(64, 64);
    expect(maskArea(empty)).toBe(0);
    expect(interpolate(new Map([[3, mask] as const, [6, empty] as const]))).toEqual([]);
    expect(interpolate(new Map([[3, mask] as const, [4, mask] as const]))).toEqual([]);
  });
});
