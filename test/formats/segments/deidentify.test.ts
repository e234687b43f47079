import { describe, expect, test } from "vitest";
import type { ImageSource } from "../../../core/image/source.ts";
import { DEFAULT_LIMITS, readSegments } from "../../../formats/index.ts";
import { openDicom } from "../../../formats/read/dicom/file.ts";
import { itemsOf, textOf } from "../../../formats/read/dicom/values.ts";
import { SEGMENTATION_FORMATS } from "../../../formats/write/registry.ts";
import { TILTED } from "./phantom.ts";
import { provenance, resultOn, sourceOn, targetOf, voxelsOfImport } from "./results.ts";

const GRID = { ijkToLps: TILTED };
const TAGS =
  "00080020 00080030 00080050 00080090 00081030 0008103E 00100010 00100020 00100021 00100030 00100040 00101010 00101020 00101030 00120063 00200010 00201040".split(
    " ",
  );

/** A source in which every value that could be copied is a name. */
function named(): ImageSource {
  const source = sourceOn(GRID);
  const attributes = Object.fromEntries(
    TAGS.map((tag) => [tag, { vr: "LO", value: tag === "00201040" ? "" : `SMITH${tag}` }]),
  );
  const slices = source.slices.map((slice, k) => ({ ...slice, sopInstanceUid: `9.9.77.${k + 1}` }));
  return {
    ...source,
    slices,
    attributes,
    studyInstanceUid: "9.9.71",
    seriesInstanceUid: "9.9.72",
    frameOfReferenceUid: "9.9.73",
  };
}

async function written(format: string, deidentify: boolean): Promise<Uint8Array> {
  const write = await SEGMENTATION_FORMATS.find(({ id }) => id === format)!.load();
  const result = resultOn(GRID);
  const segments = result.segments.map((segment) => ({
    ...segment,
    name: `SMITH's ${segment.name}`,
    id: `SMITH-${segment.id}`,
  }));
  const masks = result.masks.map((mask) => ({ ...mask, segmentId: `SMITH-${mask.segmentId}` }));
  const known = { ...provenance(named()), ...(deidentify && { deidentify: { secret: "kept nowhere" } }) };
  const [file] = write({ ...result, segments, masks }, { stem: "x", overlap: "smaller", provenance: known }).files();
  return file!.bytes;
}

const latin1 = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

test("a de-identified report holds no name, no UID and no date of the source, and its segmentation has the same new UIDs", async () => {
  const [open, closed] = [latin1(await written("dicom-sr", false)), latin1(await written("dicom-sr", true))];
  const secrets = ["SMITH", "9.9.71", "9.9.72", "9.9.77"];
  expect(secrets.filter((secret) => open.includes(secret))).toEqual(secrets);
  expect(secrets.filter((secret) => closed.includes(secret))).toEqual([]);
  const [seg] = itemsOf(openDicom(await written("dicom-seg", true), DEFAULT_LIMITS).dataSet, 0x0062_0002).slice(0, 1);
  expect(closed).toContain(textOf(seg!, 0x0062_0021));
});

describe.each(["dicom-seg", "dicom-seg-labelmap", "rtstruct"])("a de-identified %s", (format) => {
  test("holds no name, no UID and no date of the source", async () => {
    const [open, closed] = [latin1(await written(format, false)), latin1(await written(format, true))];
    const secrets = ["SMITH", "9.9.71", "9.9.72", "9.9.73", "9.9.77", "20260102", "555555555555"];
    expect(secrets.filter((secret) => open.includes(secret)).slice(0, 6)).toEqual(secrets.slice(0, 6));
    expect(secrets.filter((secret) => closed.includes(secret))).toEqual([]);
    expect(closed).toContain("Basic Application Confidentiality Profile");
  });

  test("has the same voxels, and names by code or number", async () => {
    const result = await readSegments(await written(format, true), targetOf(GRID));
    const open = await readSegments(await written(format, false), targetOf(GRID, named()));
    expect(voxelsOfImport(result, 11)).toEqual(voxelsOfImport(open, 11));
    expect(voxelsOfImport(result, 11).length).toBeGreaterThan(20);
    expect(result.segments.map(({ name }) => name)).toEqual(["Liver", "Segment 2", "Segment 5"]);
  });
});
