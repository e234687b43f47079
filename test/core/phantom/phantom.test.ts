import { describe, expect, test } from "vitest";
import { transformPoint } from "../../../core/image/geometry.ts";
import { sliceGrid } from "../../../core/image/slice.ts";
import type { Vec3 } from "../../../core/image/volume.ts";
import { defaultWindow } from "../../../core/image/window.ts";
import { connectedComponents3d } from "../../../core/mask/components.ts";
import { createPhantom } from "../../../core/phantom/phantom.ts";

const SMALL: Vec3 = [128, 96, 56];
const phantom = createPhantom({ size: SMALL });
const { volume, labels, names } = phantom;

function statistics(name: string) {
  const label = names.indexOf(name);
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  const values: number[] = [];
  labels.forEach((value, n) => {
    if (value !== label) return;
    count++;
    values.push(volume.data[n] ?? 0);
    sum[0] += n % SMALL[0];
    sum[1] += Math.floor(n / SMALL[0]) % SMALL[1];
    sum[2] += Math.floor(n / (SMALL[0] * SMALL[1]));
  });
  values.sort((a, b) => a - b);
  const centre: Vec3 = [sum[0] / count, sum[1] / count, sum[2] / count];
  return { count, median: values[count >> 1] ?? Number.NaN, lps: transformPoint(volume.ijkToLps, centre) };
}

describe("the phantom", () => {
  test("is the same for a seed and another for another", () => {
    const size: Vec3 = [48, 36, 24];
    expect(createPhantom({ size, seed: 3 })).toEqual(createPhantom({ size, seed: 3 }));
    expect(createPhantom({ size, seed: 3 }).volume.data).not.toEqual(createPhantom({ size, seed: 4 }).volume.data);
  });

  test("fills the same 384 × 288 × 336 mm at any size", () => {
    expect(sliceGrid(volume, "axial")).toMatchObject({ width: 128, height: 96, count: 56, spacingMm: [3, 3] });
    expect(sliceGrid(volume, "coronal").spacingMm).toEqual([3, 6]);
    expect(transformPoint(volume.ijkToLps, [-0.5, -0.5, -0.5])).toEqual([-192, -144, -168]);
  });

  test("opens in the CT soft tissue window", () => {
    expect(volume.modality).toBe("CT");
    expect(defaultWindow(volume).name).toBe("soft tissue");
  });

  test.each([
    { name: "right lung", low: -900, high: -780 },
    { name: "left lung", low: -900, high: -780 },
    { name: "liver", low: 80, high: 105 },
    { name: "spleen", low: 92, high: 120 },
    { name: "aorta", low: 150, high: 200 },
    { name: "right kidney", low: 100, high: 165 },
    { name: "left kidney", low: 100, high: 165 },
    { name: "heart", low: 90, high: 180 },
    { name: "gallbladder", low: 0, high: 40 },
    { name: "psoas muscles", low: 45, high: 70 },
    { name: "spine", low: 100, high: 520 },
    { name: "ribs and sternum", low: 150, high: 700 },
  ])("$name has the HU of $name", ({ name, low, high }) => {
    const { count, median } = statistics(name);
    expect(count).toBeGreaterThan(100);
    expect(median).toBeGreaterThan(low);
    expect(median).toBeLessThan(high);
  });

  test("every name has voxels and every voxel a name", () => {
    const used = new Set(labels);
    expect([...used].sort((a, b) => a - b)).toEqual(names.map((_, n) => n));
  });

  test("organs lie on the side where they belong: +x is the patient's left, +y the back, +z the head", () => {
    const at = (name: string) => statistics(name).lps;
    expect(at("liver")[0]).toBeLessThan(-30);
    expect(at("spleen")[0]).toBeGreaterThan(60);
    expect(at("stomach")[0]).toBeGreaterThan(20);
    expect(at("heart")[0]).toBeGreaterThan(0);
    expect(at("right lung")[0]).toBeLessThan(at("left lung")[0]);
    expect(at("right kidney")[0]).toBeLessThan(at("left kidney")[0]);
    expect(at("spine")[1]).toBeGreaterThan(at("heart")[1]);
    expect(at("heart")[2]).toBeGreaterThan(at("liver")[2]);
    expect(at("liver")[2]).toBeGreaterThan(at("small bowel")[2]);
  });

  test.each(["liver", "spleen", "heart"])("the %s is one piece", (name) => {
    const label = names.indexOf(name);
    const { areas } = connectedComponents3d(
      labels.map((value) => Number(value === label)),
      SMALL,
      26,
    );
    const largest = Math.max(...areas.subarray(1));
    expect(largest / statistics(name).count).toBeGreaterThan(0.97);
  });
});
