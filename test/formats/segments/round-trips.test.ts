import { describe, expect, test } from "vitest";
import { axisOf } from "../../../core/image/geometry.ts";
import { readSegments } from "../../../formats/index.ts";
import { SEGMENTATION_FORMATS, type SegmentationFormatId } from "../../../formats/write/registry.ts";
import { ORIENTATIONS } from "../../core/support/affines.ts";
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

async function files(id: SegmentationFormatId, grid: Grid) {
  const format = SEGMENTATION_FORMATS.find((known) => known.id === id);
  const write = await format!.load();
  return write(resultOn(grid), { stem: "x", overlap: "smaller", provenance: provenance(sourceOn(grid)) }).files();
}

const grids: readonly { name: string; grid: Grid }[] = ORIENTATIONS.map((ijkToLps, n) => ({
  name: `orientation ${n}`,
  grid: { ijkToLps },
}));
const tilted = { name: "a tilted gantry", grid: { ijkToLps: TILTED } };

describe("RTSTRUCT", () => {
  test.each([...grids, tilted])("comes back voxel by voxel: $name", async ({ grid }) => {
    const [file] = await files("rtstruct", grid);
    const result = await readSegments(file!.bytes, targetOf(grid, sourceOn(grid)));
    expect(voxelsOfImport(result, SIZE[0])).toEqual(voxelsOfResult(resultOn(grid)));
    expect(result.segments.map(({ name, colour }) => ({ name, colour }))).toEqual(
      SEGMENTS.map(({ name, colour }) => ({ name, colour: colour.toLowerCase() })),
    );
  });

  test("keeps the hole of a ring", async () => {
    const data = Uint8Array.from({ length: 49 }, (_, n) => +(n % 7 > 0 && n % 7 < 6 && n > 7 && n < 42 && n !== 24));
    const grid: Grid = { ijkToLps: TILTED, size: [7, 7, 1] };
    const result = resultOn(grid);
    const ring = {
      ...result,
      masks: [
        {
          ...result.masks[0]!,
          segmentId: "s1",
          slice: 0,
          mask: { width: 7, height: 7, data },
          plane: "native" as const,
          origin: "prompted" as const,
        },
      ],
    };
    const write = await SEGMENTATION_FORMATS.find(({ id }) => id === "rtstruct")!.load();
    const [file] = write(ring, { stem: "x", overlap: "smaller", provenance: provenance(sourceOn(grid)) }).files();
    expect(voxelsOfImport(await readSegments(file!.bytes, targetOf(grid)), 7)).toEqual(voxelsOfResult(ring));
  });
});

describe(".seg.nrrd", () => {
  test.each(grids)("comes back voxel by voxel, overlaps in layers: $name", async ({ grid }) => {
    const [file] = await files("seg-nrrd", grid);
    const result = await readSegments(file!.bytes, targetOf(grid));
    expect(voxelsOfImport(result, SIZE[0])).toEqual(voxelsOfResult(resultOn(grid)));
    expect(result.segments.map(({ name, code, colour }) => ({ name, code, colour }))).toEqual(
      SEGMENTS.map(({ name, code, colour }) => ({ name, code, colour: colour.toLowerCase() })),
    );
  });
});

describe("GeoJSON", () => {
  test("has the area of every mask, closed rings, and a name and colour as QuPath wants them", async () => {
    const grid: Grid = { ijkToLps: IDENTITY, unit: "px" };
    const [file] = await files("geojson", grid);
    const { features } = JSON.parse(new TextDecoder().decode(file!.bytes));
    const { masks } = resultOn(grid);
    expect(features.map((feature: Feature) => areaOf(feature))).toEqual(
      masks.map(({ mask }) => mask.data.filter(Boolean).length),
    );
    expect(features[0].properties).toMatchObject({
      objectType: "annotation",
      classification: { name: "liver", color: [230, 159, 0] },
    });
  });
});

interface Feature {
  readonly geometry: { readonly type: string; readonly coordinates: readonly number[][][] & readonly number[][][][] };
}

function areaOf({ geometry }: Feature): number {
  const polygons: readonly (readonly number[][][])[] =
    geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const rings = polygons.flat();
  for (const ring of rings) expect(ring.at(-1)).toEqual(ring[0]);
  return rings.reduce(
    (sum, ring) =>
      sum +
      ring.slice(1).reduce((twice, [x = 0, y = 0], n) => twice + (ring[n]?.[0] ?? 0) * y - x * (ring[n]?.[1] ?? 0), 0) /
        2,
    0,
  );
}

describe("CSV", () => {
  test("has a segment's voxels and millilitres, and keeps a formula a text", async () => {
    const [segments] = await files("csv", { ijkToLps: TILTED });
    const text = new TextDecoder().decode(segments!.bytes);
    const rows = text
      .trim()
      .split("\r\n")
      .map((row) => row.split(","));
    const voxels = resultOn({ ijkToLps: TILTED })
      .masks.filter(({ segmentId }) => segmentId === "s1")
      .reduce((sum, { mask }) => sum + mask.data.filter(Boolean).length, 0);
    expect(rows[1]?.slice(0, 4)).toEqual(["1", "liver", "SCT", "10200004"]);
    expect(Number(rows[1]?.[5])).toBe(voxels);
    expect(Number(rows[1]?.[6])).toBeCloseTo((voxels * 0.5 * 0.7 * (axisOf(TILTED, 2)[2] ?? 0)) / 1000, 9);
    expect(text).toContain('"Größe, Узел"');
  });
});
