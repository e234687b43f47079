import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelmapOf } from "../../../core/annotation/labelmap.ts";
import type { SegmentationHeader } from "../../../core/annotation/segmentation.ts";
import { sliceGrid, sliceOf } from "../../../core/image/slice.ts";
import type { Mat4, Plane, Vec3 } from "../../../core/image/volume.ts";
import { createMask, type Mask } from "../../../core/mask/mask.ts";
import { resliceMasks, voxelsOf } from "../../../core/volume/reslice.ts";

const PLANES: readonly Plane[] = ["native", "axial", "coronal", "sagittal"];

/** Any order and direction of the axes, any spacing, a little oblique. */
const headers = fc
  .record({
    size: fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 6 })),
    order: fc.constantFrom([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]),
    signs: fc.tuple(fc.constantFrom(-1, 1), fc.constantFrom(-1, 1), fc.constantFrom(-1, 1)),
    spacing: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    tilt: fc.constantFrom(0, 0.2),
  })
  .map(({ size, order, signs, spacing, tilt }): SegmentationHeader => {
    const ijkToLps = new Array<number>(16).fill(0);
    order.forEach((lps, voxel) => {
      ijkToLps[lps * 4 + voxel] = signs[voxel]! * spacing[voxel]!;
      ijkToLps[((lps + 1) % 3) * 4 + voxel] = tilt * spacing[voxel]!;
    });
    ijkToLps[15] = 1;
    return {
      imageId: `sha256:${"0".repeat(64)}`,
      size: size as unknown as Vec3,
      ijkToLps: ijkToLps as Mat4,
      unit: "mm",
    };
  });

const noise = (width: number, height: number, seed: number): Mask =>
  createMask(
    width,
    height,
    Uint8Array.from({ length: width * height }, (_, n) => ((n * 7919 + seed * 104729) % 7 < 3 ? 1 : 0)),
  );

function masksOn(header: SegmentationHeader, plane: Plane): Map<number, Mask> {
  const { width, height, count } = sliceGrid(header, plane);
  return new Map(Array.from({ length: count }, (_, k) => [k, noise(width, height, k)] as const));
}

describe("reslicing", () => {
  test("shows on every slice of every plane what the labelmap has there, however the axes lie", () => {
    fc.assert(
      fc.property(headers, fc.constantFrom(...PLANES), fc.constantFrom(...PLANES), (header, from, to) => {
        const masks = masksOn(header, from);
        const segment = { id: "a", number: 1, name: "", colour: "#ffffff", hidden: false, locked: false };
        const list = [...masks].map(([slice, mask]) => {
          return { segmentId: "a", plane: from, slice, mask, origin: "edited" as const };
        });
        const { labels } = labelmapOf({ header, segments: [segment], masks: list });
        const rest = { channels: 1, rescale: { slope: 1, intercept: 0 }, modality: "CT", inverted: false } as const;
        const volume = { ...header, ...rest, data: labels, windows: [], warnings: [] };
        for (let k = 0; k < sliceGrid(header, to).count; k++)
          expect([...resliceMasks(header, { plane: from, masks }, to, k).data]).toEqual([
            ...sliceOf(volume, to, k).data,
          ]);
      }),
    );
  });

  test("is undone by reslicing back", () => {
    fc.assert(
      fc.property(headers, fc.constantFrom(...PLANES), fc.constantFrom(...PLANES), (header, from, to) => {
        const masks = masksOn(header, from);
        const there = new Map(
          Array.from({ length: sliceGrid(header, to).count }, (_, k) => [
            k,
            resliceMasks(header, { plane: from, masks }, to, k),
          ]),
        );
        for (const [k, mask] of masks) expect(resliceMasks(header, { plane: to, masks: there }, from, k)).toEqual(mask);
      }),
    );
  });

  test("boxes the voxels of all planes", () => {
    fc.assert(
      fc.property(headers, fc.constantFrom(...PLANES), (header, plane) => {
        const masks = masksOn(header, plane);
        const box = voxelsOf(header, [{ plane, masks }])!;
        const area = [...masks.values()].reduce(
          (sum, { data }) => sum + data.reduce((all, value) => all + value, 0),
          0,
        );
        expect(box.data.reduce((all, value) => all + value, 0)).toBe(area);
        box.size.forEach((size, n) => {
          expect(box.start[n]! + size).toBeLessThanOrEqual(header.size[n]!);
        });
      }),
    );
  });
});
