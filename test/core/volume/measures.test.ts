import { describe, expect, test } from "vitest";
import type { Segmentation } from "../../../core/annotation/segmentation.ts";
import { sliceOf } from "../../../core/image/slice.ts";
import type { Plane, Volume } from "../../../core/image/volume.ts";
import { createMask } from "../../../core/mask/mask.ts";
import { measuresOf } from "../../../core/volume/measures.ts";
import { resliceMasks } from "../../../core/volume/reslice.ts";

const SIZE = [12, 10, 8] as const;
const header = {
  imageId: `sha256:${"0".repeat(64)}`,
  size: SIZE,
  ijkToLps: [0.5, 0, 0, 3, 0, 0.8, 0, -2, 0, 0, 2.5, 7, 0, 0, 0, 1],
  unit: "mm",
} as const;
const volume: Volume = {
  ...header,
  channels: 1,
  data: Int16Array.from({ length: 12 * 10 * 8 }, (_, n) => (n * 31) % 200),
  rescale: { slope: 2, intercept: -100 },
  modality: "CT",
  inverted: false,
  windows: [],
  warnings: [],
};
const pixels = async (plane: Plane, k: number) => sliceOf(volume, plane, k);
const segment = { id: "a", number: 1, name: "A", colour: "#ffffff", hidden: false, locked: false };

/** A brick of 4 × 3 pixels on slices 2 to 5. */
function brick(): Segmentation {
  const mask = createMask(12, 10);
  for (let y = 2; y < 5; y++) for (let x = 3; x < 7; x++) mask.data[y * 12 + x] = 1;
  const masks = [2, 3, 4, 5].map((slice) => {
    return { segmentId: "a", plane: "axial", slice, mask, origin: "edited" } as const;
  });
  return { header, segments: [segment], masks };
}

describe("measures of a segment", () => {
  test("are those of its voxels, in millimetres along each axis", async () => {
    const [found] = await measuresOf(brick(), pixels);
    expect(found).toMatchObject({ voxels: 48, unit: "mm", bounds: { from: [3, 2, 2], to: [6, 4, 5] } });
    expect(found!.volumeMl).toBeCloseTo((48 * 0.5 * 0.8 * 2.5) / 1000, 10);
    found!.extent.forEach((size, n) => {
      expect(size).toBeCloseTo([2, 2.4, 10][n]!, 10);
    });
    expect(found!.longestDiameter).toBeCloseTo(Math.hypot(2, 2.4), 10);
    // The chord across the diagonal of a 2 × 2.4 rectangle, through its corner: from similar triangles.
    const [w, h] = [2, 2.4];
    expect(found!.perpendicularDiameter).toBeCloseTo((Math.min(w, h) * Math.hypot(w, h)) / Math.max(w, h), 10);
    const values: number[] = [];
    for (let k = 2; k <= 5; k++)
      for (let y = 2; y < 5; y++)
        for (let x = 3; x < 7; x++) values.push(volume.data[x + 12 * (y + 10 * k)]! * 2 - 100);
    values.sort((a, b) => a - b);
    expect(found!.median).toBe((values[23]! + values[24]!) / 2);
    expect([found!.min, found!.max]).toEqual([values[0], values[47]]);
    expect(found!.histogram!.counts.reduce((sum, count) => sum + count, 0)).toBe(48);
  });

  test("do not depend on the plane in which the masks were made, and count a voxel of two planes once", async () => {
    const axial = brick();
    const stack = { plane: "axial" as const, masks: new Map(axial.masks.map(({ slice, mask }) => [slice, mask])) };
    const sagittal = [3, 4, 5, 6].map((slice) => {
      const mask = resliceMasks(header, stack, "sagittal", slice);
      return { segmentId: "a", plane: "sagittal", slice, mask, origin: "edited" } as const;
    });
    const [before] = await measuresOf(axial, pixels);
    const [turned] = await measuresOf({ ...axial, masks: sagittal }, pixels);
    const [both] = await measuresOf({ ...axial, masks: [...axial.masks, ...sagittal] }, pixels);
    for (const found of [turned!, both!]) {
      const { voxels, volumeMl, mean, sd, min, max, median, bounds, histogram } = before!;
      expect(found).toMatchObject({ voxels, volumeMl, min, max, median, bounds, histogram });
      expect(found.mean).toBeCloseTo(mean, 10);
      expect(found.sd).toBeCloseTo(sd, 10);
    }
  });

  test("count each slice of an uneven stack by its own thickness, have no volume in time, and none for what is empty", async () => {
    const { header: even, ...rest } = brick();
    const slicePositions = SIZE.slice(0, 2) && Array.from({ length: 8 }, (_, k) => [3, -2, k * k] as const);
    const native = rest.masks.map((mask) => ({ ...mask, plane: "native" as const }));
    const uneven = { ...even, slicePositions };
    const [found] = await measuresOf({ ...rest, header: uneven, masks: native }, pixels);
    // Slices at k²: half the way to both neighbours is 2k, so slices 2 to 5 are 4, 6, 8 and 10 mm thick.
    expect(found!.volumeMl).toBeCloseTo((12 * 0.5 * 0.8 * 28) / 1000, 10);
    const times = { ...even, slicePositions: slicePositions.map(() => [3, -2, 0] as const) };
    const [cine] = await measuresOf({ ...rest, header: times, masks: native }, pixels);
    expect(cine).not.toHaveProperty("volumeMl");
    expect(await measuresOf({ ...rest, header: even, masks: [] }, pixels)).toEqual([]);
  });
});
