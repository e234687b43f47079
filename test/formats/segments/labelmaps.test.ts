import { gzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { transformPoint } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { decodeRle } from "../../../core/mask/rle.ts";
import type { ImportResult } from "../../../core/wire/import.ts";
import { readSegments, type Target, writeNiftiLabelmap, writePng } from "../../../formats/index.ts";
import { ORIENTATIONS } from "../../core/support/affines.ts";
import { codeOf } from "../support.ts";
import { IDENTITY, phantom, SIZE, TILTED } from "./phantom.ts";

/** The numbers of an import as one volume: segment n is number n + 1. */
function labelsOf({ segments }: ImportResult, [columns, rows, slices]: Vec3): Uint8Array {
  const labels = new Uint8Array(columns * rows * slices);
  for (const [n, { masks }] of segments.entries())
    for (const { slice, rle } of masks)
      decodeRle(rle).data.forEach((inside, at) => {
        if (inside) labels[slice * columns * rows + at] = n + 1;
      });
  return labels;
}

const target = (ijkToLps: Mat4, size: Vec3 = SIZE): Target => ({ size, ijkToLps, unit: "mm" });
const nifti = (ijkToLps: Mat4) => writeNiftiLabelmap({ labels: phantom(), size: SIZE, ijkToLps }, { grid: "keep" });

function nrrd(fields: readonly string[], data: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`NRRD0004\n${fields.join("\n")}\n\n`);
  return Uint8Array.from([...head, ...data]);
}

describe("a labelmap", () => {
  test.each(ORIENTATIONS.map((ijkToLps, n) => ({ n, ijkToLps })))(
    "comes back voxel by voxel, orientation $n",
    async ({ ijkToLps }) => {
      const result = await readSegments(nifti(ijkToLps), target(ijkToLps));
      expect(labelsOf(result, SIZE)).toEqual(phantom());
      expect(result.segments.map(({ name }) => name)).toEqual(["Label 1", "Label 2", "Label 3"]);
    },
  );

  test("lies where its coordinates say on an image of any other orientation", async () => {
    const [from] = ORIENTATIONS;
    for (const ijkToLps of ORIENTATIONS) {
      const size = [0, 1, 2].map(
        (n) => SIZE[[0, 1, 2].findIndex((v) => Math.abs(ijkToLps[v * 4 + n] ?? 0) > 0)],
      ) as unknown as Vec3;
      const placed = covering(ijkToLps, size, from as Mat4);
      const found = labelsOf(await readSegments(nifti(from as Mat4), target(placed, size)), size);
      const expected = new Uint8Array(found.length);
      phantom().forEach((value, at) => {
        if (!value) return;
        const [i, j, k] = [at % SIZE[0], Math.floor(at / SIZE[0]) % SIZE[1], Math.floor(at / SIZE[0] / SIZE[1])];
        const lps = transformPoint(from as Mat4, [i, j, k]);
        const [x, y, z] = nearestVoxel(placed, size, lps);
        expected[x + size[0] * (y + size[1] * z)] = value;
      });
      expect(found).toEqual(expected);
    }
  });

  test("of a tilted gantry comes back on its own grid", async () => {
    expect(labelsOf(await readSegments(nifti(TILTED), target(TILTED)), SIZE)).toEqual(phantom());
  });

  test("lies pixel on pixel on a picture without geometry, with a warning", async () => {
    const labels = phantom().subarray(SIZE[0] * SIZE[1], 2 * SIZE[0] * SIZE[1]);
    const png = writePng({ width: SIZE[0], height: SIZE[1], data: labels.slice() });
    const picture: Target = { size: [SIZE[0], SIZE[1], 1], ijkToLps: IDENTITY, unit: "px" };
    expect(labelsOf(await readSegments(png, picture), picture.size)).toEqual(labels);
  });

  test("that lies elsewhere says that nothing of it is on the image", async () => {
    const far = [...ORIENTATIONS[0]!] as number[];
    far[3] = 5000;
    const { segments, warnings } = await readSegments(nifti(ORIENTATIONS[0]!), target(far));
    expect(segments.every(({ masks }) => masks.length === 0)).toBe(true);
    expect(warnings.join()).toContain("3 of 3 segments have no pixel");
  });

  test("of another size without geometry is refused", async () => {
    const png = writePng({ width: 4, height: 4, data: new Uint8Array(16) });
    const read = async () => readSegments(png, target(ORIENTATIONS[0]!));
    expect(await codeOf(read())).toBe("DoesNotFit");
  });

  test("with fractions is none", async () => {
    const data = new Uint8Array(Float32Array.of(0, 0.5, 1, 2).buffer);
    const bytes = nrrd(
      [
        "type: float",
        "dimension: 3",
        "sizes: 2 2 1",
        "encoding: raw",
        "endian: little",
        "space: LPS",
        "space directions: (1,0,0) (0,1,0) (0,0,1)",
      ],
      data,
    );
    expect(await codeOf((async () => readSegments(bytes, target(IDENTITY, [2, 2, 1])))())).toBe("MalformedFile");
  });
});

describe(".seg.nrrd", () => {
  const directions = "space directions: (1,0,0) (0,1,0) (0,0,1)";
  const key = (n: number, pairs: Record<string, string>) =>
    Object.entries(pairs).map(([name, value]) => `Segment${n}_${name}:=${value}`);
  const liver =
    "TerminologyEntry:a list~SCT^123037004^Anatomical Structure~SCT^10200004^Liver~^^~Anatomic codes~^^~^^|";

  test("has its names, colours and codes; layers overlap", async () => {
    const fields = [
      ...["type: unsigned char", "dimension: 4", "space: left-posterior-superior", "sizes: 2 3 2 1"],
      ...[
        directions.replace(":", ": none"),
        "kinds: list domain domain domain",
        "encoding: gzip",
        "space origin: (0,0,0)",
      ],
      ...key(0, { ID: "a", Name: "Liver", Color: "1 0.5 0", LabelValue: "1", Layer: "0", Tags: liver }),
      ...key(1, { ID: "b", Name: "Größe", LabelValue: "1", Layer: "1" }),
    ];
    // Voxel by voxel both layers: the liver on the first row, the other on the first column.
    const bytes = nrrd(fields, gzipSync(Uint8Array.of(1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0)));
    const { segments } = await readSegments(bytes, target(IDENTITY, [3, 2, 1]));
    expect(segments.map(({ name, colour, code }) => ({ name, colour, code }))).toEqual([
      { name: "Liver", colour: "#ff8000", code: { scheme: "SCT", value: "10200004", meaning: "Liver" } },
      { name: "Größe", colour: undefined, code: undefined },
    ]);
    expect(segments.map(({ masks }) => Array.from(decodeRle(masks[0]!.rle).data))).toEqual([
      [1, 1, 1, 0, 0, 0],
      [1, 0, 0, 1, 0, 0],
    ]);
  });
});

/** The affine moved so that its grid covers the phantom that lies by `from`. */
function covering(m: Mat4, size: Vec3, from: Mat4): Mat4 {
  const corner = (affine: Mat4, [i, j, k]: Vec3, axis: number) =>
    Math.min(
      ...[0, i - 1].flatMap((x) =>
        [0, j - 1].flatMap((y) => [0, k - 1].map((z) => transformPoint(affine, [x, y, z])[axis] ?? 0)),
      ),
    );
  const out = [...m];
  // Steps follow the axes of the phantom, so that voxels meet.
  for (let lps = 0; lps < 3; lps++)
    for (let n = 0; n < 3; n++) out[lps * 4 + n] = Math.sign(m[lps * 4 + n] ?? 0) * Math.abs(from[lps * 5] ?? 0);
  for (let lps = 0; lps < 3; lps++)
    out[lps * 4 + 3] = (out[lps * 4 + 3] ?? 0) + corner(from, SIZE, lps) - corner(out, size, lps);
  return out;
}

function nearestVoxel(m: Mat4, [columns, rows, slices]: Vec3, lps: Vec3): Vec3 {
  for (let k = 0; k < slices; k++)
    for (let j = 0; j < rows; j++)
      for (let i = 0; i < columns; i++) {
        const p = transformPoint(m, [i, j, k]);
        if (Math.hypot(p[0] - lps[0], p[1] - lps[1], p[2] - lps[2]) < 1e-6) return [i, j, k];
      }
  throw new RangeError("No voxel lies there.");
}
