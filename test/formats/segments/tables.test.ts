import { describe, expect, test } from "vitest";
import type { Measurement } from "../../../core/annotation/measurements.ts";
import type { Segmentation } from "../../../core/annotation/segmentation.ts";
import type { Mat4 } from "../../../core/image/volume.ts";
import { SEGMENTATION_FORMATS } from "../../../formats/write/registry.ts";
import { resultOn } from "./results.ts";

/** Two millimetres along x, half a one along y. */
const GRID: Mat4 = [2, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];

const measured = (unit: "mm" | "px"): Segmentation => {
  const result = resultOn({ ijkToLps: GRID, unit });
  const at = { imageId: result.header.imageId, plane: "native" as const, slice: 2 };
  const measurements: Measurement[] = [
    {
      measurementId: "a",
      tool: "length",
      at,
      points: [
        [0, 0],
        [3, 16],
      ],
    },
    {
      measurementId: "b",
      tool: "angle",
      at,
      points: [
        [1, 0],
        [0, 0],
        [0, 9],
      ],
    },
    { measurementId: "c", tool: "probe", at, points: [[4, 5]], values: [57] },
    { measurementId: "d", tool: "probe", at, points: [[4, 5]], values: [1, 2, 3] },
  ];
  return { ...result, measurements, valueUnit: "HU" };
};

async function written(id: string, segmentation: Segmentation): Promise<Record<string, string>> {
  const write = await SEGMENTATION_FORMATS.find((format) => format.id === id)!.load();
  const files = write(segmentation, { stem: "x", overlap: "smaller" }).files();
  return Object.fromEntries(files.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]));
}

describe("measurements in tables", () => {
  test("are millimetres, degrees and values, each with its places", async () => {
    const { "x.measurements.csv": text = "" } = await written("csv", measured("mm"));
    expect(text.trim().split("\r\n").slice(1)).toEqual([
      "length,native,3,10,mm,0,0,3,16",
      "angle,native,3,90,°,1,0,0,0,0,9",
      "probe,native,3,57,HU,4,5",
      "probe,native,3,1 2 3,HU,4,5",
    ]);
  });

  test("are pixels where the image does not know how large they are", async () => {
    const { "x.measurements.csv": text = "" } = await written("csv", measured("px"));
    expect(text).toContain(`length,native,3,${Math.hypot(3, 16)},px`);
  });

  test("stand in the JSON file beside segments and slices; without any there is no table of them", async () => {
    const { "x.measures.json": text = "" } = await written("measures-json", measured("mm"));
    const { segments, slices, measurements } = JSON.parse(text);
    expect(segments[0]).toMatchObject({ number: 1, name: "liver", code: "10200004", unit: "mm" });
    expect(slices.length).toBeGreaterThan(0);
    expect(measurements[0]).toEqual({
      kind: "length",
      plane: "native",
      slice: 3,
      value: 10,
      unit: "mm",
      x0: 0,
      y0: 0,
      x1: 3,
      y1: 16,
    });
    const without = resultOn({ ijkToLps: GRID });
    expect(Object.keys(await written("csv", without))).toEqual(["x.segments.csv", "x.slices.csv"]);
    expect(JSON.parse((await written("measures-json", without))["x.measures.json"] ?? "").measurements).toBeUndefined();
  });
});
