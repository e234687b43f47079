/** What a measurement report says of each segment, and who a segmentation says has made it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MaskOrigin } from "../../../core/annotation/entries.ts";
import type { Segmentation } from "../../../core/annotation/segmentation.ts";
import { DEFAULT_LIMITS } from "../../../formats/index.ts";
import { openDicom } from "../../../formats/read/dicom/file.ts";
import type { DataSet } from "../../../formats/read/dicom/tokens.ts";
import { itemsOf, textOf } from "../../../formats/read/dicom/values.ts";
import { SEGMENTATION_FORMATS } from "../../../formats/write/registry.ts";
import { TILTED } from "./phantom.ts";
import { provenance, resultOn, sourceOn } from "./results.ts";

const GRID = { ijkToLps: TILTED };
const hasDciodvfy = spawnSync("dciodvfy", ["-version"]).error === undefined;

async function written(id: "dicom-seg" | "dicom-sr", result: Segmentation): Promise<Uint8Array> {
  const write = await SEGMENTATION_FORMATS.find((format) => format.id === id)!.load();
  const [file] = write(result, { stem: "x", overlap: "smaller", provenance: provenance(sourceOn(GRID)) }).files();
  return file!.bytes;
}

/** Values of one measurement by its concept, from every group of a report. */
function valuesIn(item: DataSet, concept: string): readonly (readonly [value: number, unit: string | undefined])[] {
  const inside = itemsOf(item, 0x0040_a730);
  const own = inside.flatMap((child) => {
    const [name] = itemsOf(child, 0x0040_a043);
    const [value] = itemsOf(child, 0x0040_a300);
    if (!name || !value || textOf(name, 0x0008_0100) !== concept) return [];
    const [unit] = itemsOf(value, 0x0040_08ea);
    return [[Number(textOf(value, 0x0040_a30a)), unit && textOf(unit, 0x0008_0100)] as const];
  });
  return [...own, ...inside.flatMap((child) => valuesIn(child, concept))];
}

describe("a measurement report", () => {
  test("has volume, long and short axis of each segment, in ml and mm", async () => {
    const { dataSet } = openDicom(await written("dicom-sr", resultOn(GRID)), DEFAULT_LIMITS);
    const { masks, segments } = resultOn(GRID);
    const [pitchX, pitchY] = [0.5, Math.hypot(0.7, 0)];
    const voxelMl = (0.5 * 0.7 * 3.3) / 1000;
    const voxels = segments.map(({ id }) =>
      masks
        .filter(({ segmentId }) => segmentId === id)
        .reduce((sum, { mask }) => sum + mask.data.filter(Boolean).length, 0),
    );
    const volumes = valuesIn(dataSet, "118565006");
    expect(volumes.map(([, unit]) => unit)).toEqual(["ml", "ml", "ml"]);
    for (const [n, [value]] of volumes.entries()) expect(value).toBeCloseTo(voxels[n]! * voxelMl, 4);
    // The lone voxel of the third segment: its diagonal, and what lies across it.
    const [long, short] = [valuesIn(dataSet, "103339001"), valuesIn(dataSet, "103340004")];
    expect(long).toHaveLength(3);
    expect(long[2]![1]).toBe("mm");
    expect(long[2]![0]).toBeCloseTo(Math.hypot(pitchX, pitchY), 4);
    for (const [n, [value]] of short.entries()) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThanOrEqual(long[n]![0]);
    }
  });

  test.skipIf(!hasDciodvfy)("is without an error for dciodvfy", async () => {
    const dir = mkdtempSync(join(tmpdir(), "report-"));
    const path = join(dir, "x.sr.dcm");
    writeFileSync(path, await written("dicom-sr", resultOn(GRID)));
    const { stderr, stdout } = spawnSync("dciodvfy", ["-new", path], { encoding: "utf8" });
    expect(`${stderr}${stdout}`.split("\n").filter((line) => line.startsWith("Error"))).toEqual([]);
    rmSync(dir, { recursive: true });
  });
});

test.each<{ origins: readonly MaskOrigin[]; byName?: boolean; type: string; name: RegExp | undefined }>([
  { origins: ["edited"], type: "MANUAL", name: undefined },
  { origins: ["prompted"], type: "SEMIAUTOMATIC", name: /^tiny 1 / },
  { origins: ["propagated"], byName: true, type: "AUTOMATIC", name: /^tiny 1 / },
  { origins: ["edited", "propagated"], type: "SEMIAUTOMATIC", name: /^tiny 1 / },
  { origins: ["imported"], type: "SEMIAUTOMATIC", name: /^imported, not said how it was made$/ },
  { origins: ["imported", "edited"], type: "SEMIAUTOMATIC", name: /^imported/ },
  { origins: ["edited", "interpolated"], type: "SEMIAUTOMATIC", name: /^Promptomy 0\.1\.0 interpolation of shapes$/ },
])("a segment of $origins masks says who made it: $type", async ({ origins, byName, type, name }) => {
  const { masks, ...rest } = resultOn(GRID);
  const made = masks.map((mask, n) => ({ ...mask, origin: origins[n % origins.length]!, ...(byName && { byName }) }));
  const { dataSet } = openDicom(await written("dicom-seg", { ...rest, masks: made }), DEFAULT_LIMITS);
  const [, segment] = itemsOf(dataSet, 0x0062_0002);
  expect(textOf(segment!, 0x0062_0008)).toBe(type);
  const said = textOf(segment!, 0x0062_0009);
  if (name) expect(said).toMatch(name);
  else expect(said).toBeUndefined();
  expect(itemsOf(segment!, 0x0062_0007)).toHaveLength(name?.source.includes("tiny") ? 1 : 0);
});
