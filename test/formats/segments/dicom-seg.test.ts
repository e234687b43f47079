import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Segmentation } from "../../../core/annotation/segmentation.ts";
import { transformPoint } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { maskArea } from "../../../core/mask/mask.ts";
import { decodeRle } from "../../../core/mask/rle.ts";
import { readImage, readSegments, type Target, targetFrames } from "../../../formats/index.ts";
import { writeDicomLabelmap, writeDicomSeg } from "../../../formats/write/dicom-seg.ts";
import { ORIENTATIONS } from "../../core/support/affines.ts";
import { dataPath, needsData } from "../../support/data.ts";
import { codeOf } from "../support.ts";
import { IDENTITY, SIZE, TILTED } from "./phantom.ts";
import {
  type Grid,
  provenance,
  resultOn,
  SEGMENTS,
  sourceOn,
  targetOf,
  voxelsOfImport,
  voxelsOfResult,
} from "./results.ts";

const written = (grid: Grid, source = sourceOn(grid)): Uint8Array => {
  const [file] = writeDicomSeg(resultOn(grid), {
    stem: "x",
    overlap: "smaller",
    provenance: provenance(source),
  }).files();
  return file!.bytes;
};

/** Each voxel once: of the segments there, the upper one in the list. */
function withoutOverlap(result: Segmentation): string[] {
  const owner = new Map(
    voxelsOfResult(result)
      .toReversed()
      .map((text) => [text.slice(text.indexOf(" ")), text]),
  );
  return [...owner.values()].toSorted();
}

/** Slices at 0, 3.3, 6.6, 19.8 and 23.1 mm: two are missing. */
const GAPPED: readonly Vec3[] = [0, 1, 2, 6, 7].map((step) => transformPoint(TILTED, [0, 0, step]));

describe("a SEG that we wrote", () => {
  test.each([
    ...ORIENTATIONS.map((ijkToLps, n): { name: string; grid: Grid } => ({
      name: `orientation ${n}`,
      grid: { ijkToLps },
    })),
    { name: "a tilted gantry", grid: { ijkToLps: TILTED } },
    { name: "missing slices", grid: { ijkToLps: TILTED, slicePositions: GAPPED } },
    { name: "12 × 13 × 8", grid: { ijkToLps: TILTED, size: [12, 13, 8] } },
    { name: "23 × 38 × 3", grid: { ijkToLps: TILTED, size: [23, 38, 3] } },
    { name: "21 × 22 × 10", grid: { ijkToLps: TILTED, size: [21, 22, 10] } },
  ] satisfies { name: string; grid: Grid }[])(
    "comes back by its coordinates, overlaps and names too: $name",
    async ({ grid }) => {
      const result = await readSegments(written(grid), targetOf(grid, sourceOn(grid)));
      expect(voxelsOfImport(result, (grid.size ?? SIZE)[0])).toEqual(voxelsOfResult(resultOn(grid)));
      expect(result.segments.map(({ name, code, colour }) => ({ name, code, colour }))).toEqual(
        SEGMENTS.map(({ name, code, colour }) => ({ name, code, colour: colour.toLowerCase() })),
      );
      expect(result.warnings).toEqual([]);
    },
  );

  test.each([
    { name: "straight", grid: { ijkToLps: IDENTITY } },
    { name: "a tilted gantry", grid: { ijkToLps: TILTED } },
    { name: "missing slices", grid: { ijkToLps: TILTED, slicePositions: GAPPED } },
    { name: "23 × 38 × 3", grid: { ijkToLps: TILTED, size: [23, 38, 3] } },
  ] satisfies { name: string; grid: Grid }[])(
    "comes back as a label map, one segment a voxel: $name",
    async ({ grid }) => {
      const options = { stem: "x", overlap: "earlier", provenance: provenance(sourceOn(grid)) } as const;
      const { covered, files } = writeDicomLabelmap(resultOn(grid), options);
      const [file] = files();
      expect(file!.name).toBe("x.labelmap.dcm");
      const result = await readSegments(file!.bytes, targetOf(grid, sourceOn(grid)));
      const expected = withoutOverlap(resultOn(grid));
      expect(voxelsOfImport(result, (grid.size ?? SIZE)[0])).toEqual(expected);
      const lost = covered.reduce((sum, { voxels }) => sum + voxels, 0);
      expect(expected.length).toBe(voxelsOfResult(resultOn(grid)).length - lost);
      expect(result.segments.map(({ name }) => name)).toEqual(SEGMENTS.map(({ name }) => name));
      expect(result.warnings).toEqual([]);
    },
  );

  test("comes back by the frames it names where there are no coordinates", async () => {
    const grid: Grid = { ijkToLps: IDENTITY, unit: "px" };
    const { frameOfReferenceUid: _none, ...source } = sourceOn(grid, "US");
    const target: Target = { ...targetOf(grid), ...targetFrames(source) };
    const result = await readSegments(written(grid, source), target);
    expect(voxelsOfImport(result, SIZE[0])).toEqual(voxelsOfResult(resultOn(grid)));
  });

  test("lies the right way round on a series that is stored the other way", async () => {
    const [ijkToLps] = ORIENTATIONS as [Mat4];
    const turned = ijkToLps.map((value, n) =>
      n % 4 === 2 ? -value : n % 4 === 3 && n < 12 ? value + (SIZE[2] - 1) * (ijkToLps[n - 1] ?? 0) : value,
    );
    const result = await readSegments(written({ ijkToLps }), targetOf({ ijkToLps: turned }));
    const flipped = voxelsOfResult(resultOn({ ijkToLps })).map((voxel) =>
      voxel.replace(/\d+$/, (k) => String(SIZE[2] - 1 - Number(k))),
    );
    expect(voxelsOfImport(result, SIZE[0])).toEqual(flipped.toSorted());
  });

  test("of another patient space is refused", async () => {
    const grid: Grid = { ijkToLps: TILTED };
    const other = { ...targetOf(grid), frameOfReferenceUid: "9.9" };
    expect(await codeOf(readSegments(written(grid), other))).toBe("DoesNotFit");
  });

  test("leaves out frames without a pixel and has a preamble of zeros", () => {
    const bytes = written({ ijkToLps: TILTED });
    expect(bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    const frames = resultOn({ ijkToLps: TILTED }).masks.length;
    const text = new TextDecoder("latin1").decode(bytes);
    expect(frames).toBeLessThan(SEGMENTS.length * SIZE[2]);
    expect(text).toContain(`\x28\x00\x08\x00IS\x02\x00${String(frames).padEnd(2)}`);
  });

  test("is refused for an image without a DICOM source, with what to do", () => {
    const write = () =>
      writeDicomSeg(resultOn({ ijkToLps: TILTED }), { stem: "x", overlap: "smaller", provenance: provenance() });
    expect(write).toThrow(/open the DICOM series itself, or choose NIfTI/);
  });

  test("of 400 segments has them all", async () => {
    const { header, masks } = resultOn({ ijkToLps: TILTED });
    const segments = Array.from({ length: 400 }, (_, n) => ({
      ...SEGMENTS[0]!,
      id: `n${n}`,
      number: n + 1,
      name: `part ${n}`,
    }));
    const all = segments.map(({ id }) => ({ ...masks[0]!, segmentId: id }));
    const [file] = writeDicomSeg(
      { header, segments, masks: all },
      { stem: "x", overlap: "smaller", provenance: provenance(sourceOn({})) },
    ).files();
    const result = await readSegments(file!.bytes, targetOf({ ijkToLps: TILTED }));
    expect(result.segments.map(({ name, masks }) => [name, masks.length])).toEqual(
      segments.map(({ name }) => [name, 1]),
    );
  });
});

/** Areas of the segments of a SEG on the images of a folder. */
async function areasOn(images: string, seg: string) {
  const files = readdirSync(images)
    .sort()
    .map((name) => ({ bytes: new Uint8Array(readFileSync(join(images, name))) }));
  const { size, ijkToLps, unit, slicePositions, source } = await readImage(files);
  const target: Target = {
    size,
    ijkToLps,
    unit,
    ...(slicePositions && { slicePositions }),
    ...(source && targetFrames(source)),
  };
  const { segments, warnings } = await readSegments(new Uint8Array(readFileSync(seg)), target);
  const areas = segments.map(({ masks }) => masks.reduce((sum, { rle }) => sum + maskArea(decodeRle(rle)), 0));
  return { areas, segments, warnings };
}

describe("a SEG of other writers", needsData("tests/ct3_dicom_seg", "tests/pet_dicom_seg"), () => {
  const folder = dataPath("tests/ct3_dicom_seg") ?? "";
  const pet = dataPath("tests/pet_dicom_seg") ?? "";

  // The numbers are pydicom's: pixels that are set in the frames of each segment.
  test.each([
    { images: "ct-3slice", seg: "liver.dcm", areas: [107_098] },
    { images: "ct-3slice", seg: "partial_overlaps.dcm", areas: [9602, 11_888, 10_743, 6693, 4713] },
    { images: "24x38x3/image", seg: "24x38x3/seg/label.seg", areas: [315] },
    { images: "23x38x3/image", seg: "23x38x3/seg/label.seg", areas: [322] },
    { images: "24x38x3/image", seg: "sparse-labelmap-noppv.dcm", areas: [630] },
    { images: "24x38x3/image", seg: "sparse-labelmap-ppv5.dcm", areas: [630] },
  ])("$seg has every pixel on its images", async ({ images, seg, areas }) => {
    expect((await areasOn(join(folder, images), join(folder, seg))).areas).toEqual(areas);
  });

  test("299 slices of PET", { timeout: 60_000 }, async () => {
    const { areas } = await areasOn(join(pet, "PET"), join(pet, "SEG/3DSlicer/tumor_User1_Manual_Trial1.dcm"));
    expect(areas.reduce((sum, area) => sum + area, 0)).toBe(266);
  });
});
