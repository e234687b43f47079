import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { spacingOf, transformPoint } from "../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../core/image/volume.ts";
import { readImage, writeNiftiLabelmap } from "../../formats/index.ts";
import { dataPath, needsData } from "../support/data.ts";
import { expectNear } from "./support.ts";

const bytesOf = (path: string) => new Uint8Array(readFileSync(path));
const read = (bytes: Uint8Array) => readImage([{ bytes }]);

async function failureOf(bytes: Uint8Array) {
  const failure = await read(bytes).catch((thrown: unknown) => thrown);
  if (!isSegmenterError(failure)) throw failure;
  return { code: failure.code, text: JSON.stringify(failure.detail) };
}

/** A 2 × 3 × 4 int16 volume of NIfTI-1. */
function nifti(change: (view: DataView) => void = () => {}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(352 + 48);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [i, value] of [3, 2, 3, 4, 1, 1, 1, 1].entries()) view.setInt16(40 + 2 * i, value, true);
  view.setInt16(70, 4, true);
  view.setInt16(72, 16, true);
  for (const [i, value] of [1, 0.5, 0.7, 3.3, 1, 1, 1, 1].entries()) view.setFloat32(76 + 4 * i, value, true);
  view.setFloat32(108, 352, true);
  view.setFloat32(112, 1, true);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  for (let i = 0; i < 24; i++) view.setInt16(352 + 2 * i, i, true);
  change(view);
  return bytes;
}

const short = (at: number, value: number) => (view: DataView) => view.setInt16(at, value, true);
const float = (at: number, value: number) => (view: DataView) => view.setFloat32(at, value, true);
const both = (first: (view: DataView) => void, second: (view: DataView) => void) => (view: DataView) => {
  first(view);
  second(view);
};
const dims = (value: number) => (view: DataView) => {
  for (const axis of [42, 44, 46]) view.setInt16(axis, value, true);
};

describe("NIfTI headers (B-9, E5)", () => {
  test.each([
    { name: "32767 cubed with 48 bytes", bytes: nifti(dims(32767)), field: "NIfTI dim" },
    { name: "a negative dimension", bytes: nifti(short(42, -4)), field: "dim[1]" },
    { name: "200 dimensions", bytes: nifti(short(40, 200)), field: "dim[0]" },
    { name: "pixdim NaN", bytes: nifti(float(80, Number.NaN)), field: "pixdim[1]" },
    { name: "pixdim 0", bytes: nifti(float(84, 0)), field: "pixdim[2]" },
    { name: "pixdim negative", bytes: nifti(float(88, -1)), field: "pixdim[3]" },
    { name: "vox_offset 1e9", bytes: nifti(float(108, 1e9)), field: "vox_offset" },
    { name: "vox_offset NaN", bytes: nifti(float(108, Number.NaN)), field: "vox_offset" },
    { name: "vox_offset 0", bytes: nifti(float(108, 0)), field: "vox_offset" },
    { name: "datatype 9999", bytes: nifti(short(70, 9999)), field: "datatype" },
    { name: "slope 1 with an intercept NaN", bytes: nifti(float(116, Number.NaN)), field: "scl_inter" },
    { name: "truncated voxels", bytes: nifti().subarray(0, 390), field: "data" },
    { name: "a bitpix of another type", bytes: nifti(short(72, 8)), field: "bitpix" },
    { name: "complex values", bytes: nifti(short(70, 32)), field: "datatype" },
    { name: "five dimensions", bytes: nifti(both(short(40, 5), short(50, 3))), field: "dim[5]" },
    { name: "a flat sform", bytes: nifti(short(254, 1)), field: "srow" },
  ])("$name is refused by the name of the field", async ({ bytes, field }) => {
    expect((await failureOf(bytes)).text).toContain(field);
    expect((await failureOf(new Uint8Array(gzipSync(bytes)))).text).toContain(field);
  });

  test.each([-16, 0, 4000])("an extension of %i bytes is refused", async (size) => {
    const plain = nifti(float(108, 384));
    const bytes = new Uint8Array(plain.length + 32);
    bytes.set(plain.subarray(0, 352));
    bytes[348] = 1;
    new DataView(bytes.buffer).setInt32(352, size, true);
    expect((await failureOf(bytes)).text).toContain("esize");
  });

  test("dimensions of 2^63 - 1 in version 2 are too large", async () => {
    const bytes = new Uint8Array(600);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, 540, true);
    bytes.set([0x6e, 0x2b, 0x32, 0], 4);
    view.setInt16(12, 4, true);
    view.setInt16(14, 16, true);
    view.setBigInt64(16, 3n, true);
    for (const axis of [24, 32, 40]) view.setBigInt64(axis, 2n ** 63n - 1n, true);
    expect((await failureOf(bytes)).code).toBe("TooLarge");
  });

  test("128 gzipped MiB behind a small header are not inflated", async () => {
    const bomb = new Uint8Array(2 ** 27);
    bomb.set(nifti());
    const compressed = new Uint8Array(gzipSync(bomb));
    const before = process.memoryUsage().arrayBuffers;
    expect((await read(compressed)).size).toEqual([2, 3, 4]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  });

  test("axes beyond space that are left at 0 are one long", async () => {
    const volume = await read(nifti(both(short(40, 5), both(short(48, 0), short(50, 0)))));
    expect([volume.size, volume.warnings.join().includes("volumes")]).toEqual([[2, 3, 4], false]);
  });

  test("without sform and qform the voxel sizes stand, with a warning", async () => {
    const volume = await read(nifti());
    expect(volume.ijkToLps.map((value) => Math.round(value * 10) / 10)).toEqual(
      [-0.5, 0, 0, 0, 0, -0.7, 0, 0, 0, 0, 3.3, 0, 0, 0, 0, 1].map((v) => v + 0),
    );
    expect(volume.warnings.join()).toContain("no orientation");
    expect([...volume.data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  test.each([
    { name: "metres", code: 1, scale: 1000 },
    { name: "millimetres", code: 2, scale: 1 },
    { name: "micrometres", code: 3, scale: 0.001 },
  ])("$name become millimetres", async ({ code, scale }) => {
    const volume = await read(nifti((view) => view.setUint8(123, code)));
    expectNear(spacingOf(volume.ijkToLps), [0.5 * scale, 0.7 * scale, 3.3 * scale], 4);
  });

  test("of four dimensions the first volume is read, with a warning", async () => {
    const bytes = new Uint8Array(352 + 96);
    bytes.set(nifti(both(short(40, 4), short(48, 2))));
    const volume = await read(bytes);
    expect(volume.size).toEqual([2, 3, 4]);
    expect(volume.warnings.join()).toContain("2 volumes");
  });
});

const rotation = fc.tuple(
  fc.double({ min: 0, max: 6.28, noNaN: true }),
  fc.double({ min: 0, max: 3.14, noNaN: true }),
  fc.double({ min: 0, max: 6.28, noNaN: true }),
);

function affine([a, b, c]: readonly number[], spacing: readonly number[], flip: boolean): Mat4 {
  const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((angle) => [Math.cos(angle!), Math.sin(angle!)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const columns = [
    [cc * cb, sc * cb, -sb],
    [cc * sb * sa - sc * ca, sc * sb * sa + cc * ca, cb * sa],
    [cc * sb * ca + sc * sa, sc * sb * ca - cc * sa, cb * ca].map((value) => (flip ? -value : value)),
  ];
  const at = (column: number, row: number) => columns[column]![row]! * spacing[column]!;
  return [
    at(0, 0),
    at(1, 0),
    at(2, 0),
    -12.5,
    at(0, 1),
    at(1, 1),
    at(2, 1),
    40,
    at(0, 2),
    at(1, 2),
    at(2, 2),
    7.25,
    0,
    0,
    0,
    1,
  ];
}

const corners = ([i, j, k]: Vec3): Vec3[] =>
  [0, i - 1].flatMap((x) => [0, j - 1].flatMap((y) => [0, k - 1].map((z): Vec3 => [x, y, z])));

describe("NIfTI labelmaps", () => {
  test("return with the same labels, and the same corners by sform and by qform", async () => {
    await fc.assert(
      fc.asyncProperty(rotation, fc.boolean(), fc.boolean(), fc.boolean(), async (angles, flip, wide, gzip) => {
        const size: Vec3 = [5, 4, 3];
        const ijkToLps = affine(angles, [0.5, 0.7, 3.3], flip);
        const values = Array.from({ length: 60 }, (_, i) => (wide ? i * 1000 : i));
        const labels = wide ? Uint16Array.from(values) : Uint8Array.from(values);
        const bytes = writeNiftiLabelmap({ labels, size, ijkToLps }, { gzip });
        const bySform = await read(bytes);
        expect(bySform.data).toEqual(labels);
        const plain = writeNiftiLabelmap({ labels, size, ijkToLps });
        new DataView(plain.buffer).setInt16(254, 0, true);
        const byQform = await read(plain);
        for (const corner of corners(size))
          for (const { ijkToLps: back } of [bySform, byQform])
            expectNear(transformPoint(back, corner), transformPoint(ijkToLps, corner), 3);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test("keep the shear of a gantry tilt in the sform alone", async () => {
    const ijkToLps = [1, 0, 0, 0, 0, 1, 0.4, 0, 0, 0, 2, 0, 0, 0, 0, 1];
    const bytes = writeNiftiLabelmap({ labels: new Uint8Array(8), size: [2, 2, 2], ijkToLps }, { grid: "keep" });
    expect(new DataView(bytes.buffer).getInt16(252, true)).toBe(0);
    const back = await read(bytes);
    expectNear(back.ijkToLps, ijkToLps, 6);
  });
});

const folder = dataPath("tests/nifti");

describe("real NIfTI files", needsData("tests/nifti"), () => {
  test.each([
    ["example_ct.nii.gz", [122, 101, 112], "CT"],
    ["mni152_t1.nii.gz", [197, 233, 189], "OT"],
    ["spleen2_ct.nii.gz", [164, 166, 26], "CT"],
  ])("%s reads with its size", async (name, size, modality) => {
    const volume = await read(bytesOf(`${folder}/${name}`));
    expect(volume.size).toEqual(size);
    expect(volume.modality).toBe(modality);
    expect(volume.data.length).toBe(size[0]! * size[1]! * size[2]!);
  });

  test("MNI coordinates: the origin of mni152_t1 lies at the anterior commissure", async () => {
    const { ijkToLps } = await read(bytesOf(`${folder}/mni152_t1.nii.gz`));
    const [l, p, s] = transformPoint(ijkToLps, [98, 134, 72]);
    expect(Math.hypot(l, p, s)).toBeLessThan(2);
  });
});
