/** State files for VolView: what its version 6.2.0 wants of them, and the voxels behind them. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { decodeRle } from "../../../core/mask/rle.ts";
import { readSegments, SEGMENTATION_FORMATS } from "../../../formats/index.ts";
import { ORIENTATIONS } from "../../core/support/affines.ts";
import { SIZE } from "./phantom.ts";
import { type Grid, resultOn, SEGMENTS, targetOf, voxelsOf, voxelsOfResult } from "./results.ts";

/** The part of a state that concerns us, as VolView's documentation has it. */
const State = z.object({
  version: z.literal("6.2.0"),
  dataSources: z.array(z.object({ id: z.int(), type: z.literal("uri"), uri: z.string() })),
  datasets: z.array(z.object({ id: z.string(), dataSourceId: z.int() })),
  segmentGroups: z.array(
    z.object({
      id: z.string(),
      dataSourceId: z.int(),
      metadata: z.object({
        name: z.string(),
        parentImage: z.string(),
        segments: z.object({
          order: z.array(z.int()),
          byValue: z.record(
            z.string(),
            z.object({
              value: z.int().min(1).max(255),
              name: z.string(),
              color: z.tuple([z.int(), z.int(), z.int(), z.literal(255)]),
              visible: z.boolean(),
              locked: z.boolean(),
            }),
          ),
        }),
      }),
    }),
  ),
});

async function written(grid: Grid, imageUri?: string) {
  const write = await SEGMENTATION_FORMATS.find(({ id }) => id === "volview")!.load();
  const options = { stem: "ct_1", overlap: "smaller", ...(imageUri && { imageUri }) } as const;
  const files = new Map(
    write(resultOn(grid), options)
      .files()
      .map(({ name, bytes }) => [name, bytes]),
  );
  const state = State.parse(JSON.parse(new TextDecoder().decode(files.get("ct_1.volview.json"))));
  return { files, state };
}

const grids: readonly { name: string; grid: Grid }[] = ORIENTATIONS.map((ijkToLps, n) => ({
  name: `orientation ${n}`,
  grid: { ijkToLps },
}));

describe("VolView", () => {
  test.each(grids)("gets every segment voxel by voxel, overlaps in groups: $name", async ({ grid }) => {
    const { files, state } = await written(grid);
    const masks = [];
    for (const { dataSourceId, metadata } of state.segmentGroups) {
      const { order, byValue } = metadata.segments;
      const { segments } = await readSegments(files.get(state.dataSources[dataSourceId]!.uri)!, targetOf(grid));
      expect(segments).toHaveLength(order.length);
      for (const [n, value] of order.entries()) {
        const segment = SEGMENTS.findIndex(({ name }) => name === byValue[value]!.name);
        for (const { slice, rle } of segments[n]!.masks) masks.push({ segment, slice, data: decodeRle(rle).data });
      }
    }
    expect(state.segmentGroups).toHaveLength(2);
    expect(voxelsOf(masks, SIZE[0])).toEqual(voxelsOfResult(resultOn(grid)));
  });

  test("finds the image at the address that is given, and each name, colour and value in one place", async () => {
    const { files, state } = await written(grids[0]!.grid, "https://example.org/ct.nii.gz");
    const ids = state.dataSources.map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, n) => n));
    expect(state.datasets).toEqual([{ id: "0", dataSourceId: 0 }]);
    expect(state.dataSources[0]!.uri).toBe("https://example.org/ct.nii.gz");
    expect([...files.keys()].slice(1)).toEqual(state.dataSources.slice(1).map(({ uri }) => uri));
    const all = state.segmentGroups.flatMap(({ metadata }) => {
      expect(metadata.parentImage).toBe("0");
      return metadata.segments.order.map((value) => {
        const segment = metadata.segments.byValue[value]!;
        expect(segment.value).toBe(value);
        return segment;
      });
    });
    expect(all.toSorted((a, b) => a.value - b.value)).toMatchObject([
      { value: 1, name: "liver", color: [230, 159, 0, 255] },
      { value: 2, name: "Größe, Узел", color: [86, 180, 233, 255] },
      { value: 3, name: "spot", color: [0, 158, 115, 255] },
    ]);
  });
});
