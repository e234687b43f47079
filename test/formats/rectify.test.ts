import { describe, expect, test } from "vitest";
import type { Labelmap } from "../../core/annotation/labelmap.ts";
import { transformPoint } from "../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../core/image/volume.ts";
import { gridChanges, readImage, rectify, writeNiftiLabelmap } from "../../formats/index.ts";

const labelsOf = ([i, j, k]: Vec3) => Uint8Array.from({ length: i * j * k }, (_, n) => 1 + (n % 250));

/** Patient position of each label that occurs once. */
function places({ labels, size: [i, j], ijkToLps, slicePositions }: Labelmap): Map<number, Vec3> {
  const found = new Map<number, Vec3>();
  for (const [n, label] of labels.entries()) {
    if (label === 0) continue;
    const k = Math.floor(n / (i * j));
    const own = slicePositions?.[k];
    const base: Mat4 = own ? ijkToLps.map((v, m) => (m % 4 === 3 && m < 12 ? own[m >> 2]! : v)) : ijkToLps;
    found.set(label, transformPoint(base, [n % i, Math.floor(n / i) % j, own ? 0 : k]));
  }
  return found;
}

const distance = (a: Vec3, b: Vec3) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe("labelmaps for readers of right-angled grids (15)", () => {
  test("an even, right-angled labelmap stays as it is", () => {
    const size: Vec3 = [3, 4, 2];
    const labelmap = { labels: labelsOf(size), size, ijkToLps: [1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 3, 7, 0, 0, 0, 1] };
    expect(rectify(labelmap).labelmap).toBe(labelmap);
    expect(rectify(labelmap).changes).toEqual([]);
  });

  test.each([
    { name: "nothing", ijkToLps: [1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 3, 7, 0, 0, 0, 1], heights: undefined, said: [] },
    { name: "a tilt", ijkToLps: [1, 0, 0, 5, 0, 1, 2, 6, 0, 0, 3, 7, 0, 0, 0, 1], heights: undefined, said: ["tilt"] },
    {
      name: "gaps",
      ijkToLps: [1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 3, 7, 0, 0, 0, 1],
      heights: [7, 10, 19],
      said: ["distance"],
    },
  ])("$name is said before it is written", ({ ijkToLps, heights, said }) => {
    const size: Vec3 = [3, 4, 3];
    const slicePositions = heights?.map((z): Vec3 => [5, 6, z]);
    const grid = { size, ijkToLps, ...(slicePositions && { slicePositions }) };
    expect(gridChanges(grid)).toEqual(said);
    expect(rectify({ ...grid, labels: labelsOf(size) }).changes).toEqual(said);
  });

  test.each([0.27, -0.6, 1.4])(
    "a tilt of %f mm a slice keeps every label within half a pixel of its place",
    (shear) => {
      const size: Vec3 = [4, 5, 6];
      const ijkToLps = [0.8, 0, 0, -10, 0, 0.5, shear, 20, 0, 0, 2.5, 30, 0, 0, 0, 1];
      const labelmap = { labels: labelsOf(size), size, ijkToLps };
      const { labelmap: straight, changes } = rectify(labelmap);
      expect(changes).toEqual(["tilt"]);
      expect(straight.ijkToLps[6]).toBeCloseTo(0, 9);
      const [before, after] = [places(labelmap), places(straight)];
      expect(after.size).toBe(before.size);
      for (const [label, place] of before) expect(distance(place, after.get(label)!)).toBeLessThanOrEqual(0.2501);
    },
  );

  test("uneven slices fill the even ones nearest to them", () => {
    const size: Vec3 = [2, 2, 4];
    const slicePositions: Vec3[] = [0, 2.5, 5, 12.5].map((z) => [1, 2, z]);
    const ijkToLps = [1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 2.5, 0, 0, 0, 0, 1];
    const labels = Uint8Array.from({ length: 16 }, (_, n) => 1 + Math.floor(n / 4));
    const { labelmap, changes } = rectify({ labels, size, ijkToLps, slicePositions });
    expect(changes).toEqual(["distance"]);
    expect(labelmap.size).toEqual([2, 2, 6]);
    expect([0, 1, 2, 3, 4, 5].map((k) => labelmap.labels[4 * k])).toEqual([1, 2, 3, 3, 4, 4]);
  });

  test("NIfTI is written straight unless the voxels are to be kept", async () => {
    const size: Vec3 = [4, 5, 6];
    const ijkToLps = [0.8, 0, 0, -10, 0, 0.5, 0.67, 20, 0, 0, 2.5, 30, 0, 0, 0, 1];
    const labelmap = { labels: labelsOf(size), size, ijkToLps };
    const straight = await readImage([{ bytes: writeNiftiLabelmap(labelmap) }]);
    expect(straight.size[1]).toBeGreaterThan(5);
    expect(straight.ijkToLps[6]).toBeCloseTo(0, 6);
    const kept = await readImage([{ bytes: writeNiftiLabelmap(labelmap, { grid: "keep" }) }]);
    expect(kept.size).toEqual(size);
    expect(kept.ijkToLps[6]).toBeCloseTo(0.67, 6);
  });
});
