import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyEdit, combine, type Edit, insideRange, splitParts } from "../../../core/edit/edit.ts";
import type { Slice, Vec3 } from "../../../core/image/volume.ts";
import { fillHoles } from "../../../core/mask/mask.ts";
import { boundsOf, type Voxels } from "../../../core/mask/voxels.ts";
import { anyMask, draw, rowsOf } from "../support/drawing.ts";

const flat = (rows: readonly string[], spacing: Vec3 = [1, 1, 1]): Voxels => {
  const { width, height, data } = draw(rows);
  return { size: [width, height, 1], spacing, data };
};
const shown = ({ size, data }: Voxels) => rowsOf({ width: size[0], height: size[1], data });

const anyVoxels: fc.Arbitrary<Voxels> = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 }))
  .chain(([width, height, depth]) =>
    fc.record({
      size: fc.constant<Vec3>([width, height, depth]),
      spacing: fc.constantFrom<Vec3>([1, 1, 1], [0.7, 0.7, 3], [1, 2, 0.5]),
      data: fc
        .array(fc.integer({ min: 0, max: 1 }), { minLength: width * height * depth, maxLength: width * height * depth })
        .map((cells) => Uint8Array.from(cells)),
    }),
  );

const each = ({ size: [width, height], data }: Voxels) =>
  Array.from(data, (value, n) => ({
    value,
    at: [n % width, Math.floor(n / width) % height, Math.floor(n / (width * height))] as const,
  }));

/** Distance between voxels, the slow and plain way. */
const apart = (a: readonly number[], b: readonly number[], spacing: Vec3) =>
  Math.hypot(...a.map((at, axis) => (at - b[axis]!) * spacing[axis]!));

describe("growing and shrinking", () => {
  test("growing covers what is within the distance, whatever the shape of a voxel", () => {
    fc.assert(
      fc.property(anyVoxels, fc.constantFrom(0.4, 1, 1.5, 3), (voxels, by) => {
        const all = each(voxels);
        const inside = all.filter(({ value }) => value === 1);
        const grown = applyEdit(voxels, { kind: "grow", by });
        const expected = all.map(({ at }) =>
          inside.some((other) => apart(at, other.at, voxels.spacing) <= by + 1e-9) ? 1 : 0,
        );
        expect([...grown.data]).toEqual(expected);
      }),
    );
  });

  test("shrinking takes what is within the distance of an outside voxel; the border is none", () => {
    fc.assert(
      fc.property(anyVoxels, fc.constantFrom(0.4, 1, 1.5, 3), (voxels, by) => {
        const all = each(voxels);
        const outside = all.filter(({ value }) => value === 0);
        const expected = all.map(({ at, value }) =>
          value && !outside.some((other) => apart(at, other.at, voxels.spacing) <= by + 1e-9) ? 1 : 0,
        );
        expect([...applyEdit(voxels, { kind: "shrink", by }).data]).toEqual(expected);
      }),
    );
  });
});

describe("filling holes", () => {
  test("in a slice is what a flood from the border leaves", () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const voxels: Voxels = { size: [mask.width, mask.height, 1], spacing: [1, 1, 1], data: mask.data };
        expect(shown(applyEdit(voxels, { kind: "fill-holes" }))).toEqual(rowsOf(fillHoles(mask)));
      }),
    );
  });

  test("in a stack fills a cavity and leaves a tunnel", () => {
    const slab = ["###", "###", "###"];
    const ring = ["###", "#.#", "###"];
    const stack = (slices: string[][]): Voxels => ({
      size: [3, 3, slices.length],
      spacing: [1, 1, 1],
      data: Uint8Array.from(slices.flatMap((rows) => [...draw(rows).data])),
    });
    const holes = (slices: string[][]) =>
      applyEdit(stack(slices), { kind: "fill-holes" }).data.filter((v) => !v).length;
    expect(holes([slab, ring, slab])).toBe(0);
    expect(holes([ring, ring, slab])).toBe(2);
  });
});

describe("parts", () => {
  const two = ["##...", "##...", ".....", "....#"];

  test("islands below an area go", () => {
    expect(shown(applyEdit(flat(two), { kind: "remove-islands", least: 2 }))).toEqual([
      "##...",
      "##...",
      ".....",
      ".....",
    ]);
    const fine = flat(two, [0.5, 0.5, 5]);
    expect(shown(applyEdit(fine, { kind: "remove-islands", least: 0.25 }))).toEqual(two);
    expect(applyEdit(fine, { kind: "remove-islands", least: 1.1 }).data.some(Boolean)).toBe(false);
  });

  test("the part that is pointed at stays alone; beside all of them nothing changes", () => {
    expect(shown(applyEdit(flat(two), { kind: "keep-part", at: [4, 3, 0] }))).toEqual([
      ".....",
      ".....",
      ".....",
      "....#",
    ]);
    expect(shown(applyEdit(flat(two), { kind: "keep-part", at: [3, 0, 0] }))).toEqual(two);
  });

  test("splitting gives every voxel to one part, the largest first", () => {
    fc.assert(
      fc.property(anyVoxels, fc.integer({ min: 1, max: 4 }), (voxels, most) => {
        const { numbers, count } = splitParts(voxels, most);
        const sizes = Array.from({ length: count }, (_, n) => numbers.filter((value) => value === n + 1).length);
        expect(count).toBeLessThanOrEqual(most);
        expect(sizes).not.toContain(0);
        expect(sizes.slice(0, -1)).toEqual(sizes.slice(0, -1).toSorted((a, b) => b - a));
        expect([...numbers].map((value) => Math.sign(value))).toEqual([...voxels.data]);
      }),
    );
  });
});

describe("smoothing", () => {
  test("takes a thorn and a notch off and leaves a straight border where it is", () => {
    const rough = flat([
      "..........",
      "..........",
      "....#.....",
      "######.###",
      "##########",
      "##########",
      "##########",
    ]);
    const even = applyEdit(rough, { kind: "smooth", sigma: 1 });
    expect(shown(even)).toEqual([
      "..........",
      "..........",
      "..........",
      "##########",
      "##########",
      "##########",
      "##########",
    ]);
  });

  test("of a disc keeps its size within 3 %", () => {
    const data = new Uint8Array(64 * 64).map((_, n) =>
      Math.hypot((n % 64) - 32, Math.floor(n / 64) - 32) < 20 ? 1 : 0,
    );
    const disc: Voxels = { size: [64, 64, 1], spacing: [1, 1, 1], data };
    const area = (voxels: Voxels) => voxels.data.filter(Boolean).length;
    const after = area(applyEdit(disc, { kind: "smooth", sigma: 2 }));
    expect(Math.abs(after / area(disc) - 1)).toBeLessThan(0.03);
  });
});

test("no edit changes what it is given, and the answer is a mask of its size", () => {
  const edits: Edit[] = [
    { kind: "fill-holes" },
    { kind: "remove-islands", least: 2 },
    { kind: "keep-part", at: [0, 0, 0] },
    { kind: "grow", by: 1 },
    { kind: "shrink", by: 1 },
    { kind: "smooth", sigma: 1 },
  ];
  fc.assert(
    fc.property(anyVoxels, fc.constantFrom(...edits), (voxels, edit) => {
      const before = voxels.data.slice();
      const after = applyEdit(voxels, edit);
      expect(voxels.data).toEqual(before);
      expect(after.data.length).toBe(before.length);
      expect(after.data.every((value) => value === 0 || value === 1)).toBe(true);
    }),
  );
});

test("combinations are those of sets", () => {
  const [a, b] = [Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 1, 0, 1)];
  expect([...combine(a, b, "union")]).toEqual([0, 1, 1, 1]);
  expect([...combine(a, b, "subtract")]).toEqual([0, 0, 1, 0]);
  expect([...combine(a, b, "intersect")]).toEqual([0, 0, 0, 1]);
  expect(() => combine(a, Uint8Array.of(1), "union")).toThrow(RangeError);
});

test("a range is of modality values, both ends in it", () => {
  const slice: Slice = {
    width: 4,
    height: 1,
    channels: 1,
    data: Int16Array.of(0, 10, 20, 30),
    rescale: { slope: 2, intercept: -20 },
    inverted: false,
    spacingMm: undefined,
    xyToLps: [],
  };
  expect([...insideRange(slice, 0, 20)]).toEqual([0, 1, 1, 0]);
});

test("bounds are the corners of what is inside", () => {
  fc.assert(
    fc.property(anyVoxels, (voxels) => {
      const inside = each(voxels).filter(({ value }) => value);
      const bounds = boundsOf(voxels);
      if (inside.length === 0) {
        expect(bounds).toBeNull();
        return;
      }
      const along = (axis: number) => inside.map(({ at }) => at[axis]!);
      expect(bounds?.from).toEqual([0, 1, 2].map((axis) => Math.min(...along(axis))));
      expect(bounds?.to).toEqual([0, 1, 2].map((axis) => Math.max(...along(axis))));
    }),
  );
});
