/** dcmqi, with which 3D Slicer and many pipelines read and write DICOM SEG: it reads ours and we read its, voxel by voxel. */
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rgbOf } from "../../core/annotation/segmentation.ts";
import type { Mat4, Vec3 } from "../../core/image/volume.ts";
import { decodeRle, encodeRle } from "../../core/mask/rle.ts";
import { ImageInfo, ImportResult } from "../../core/wire/index.ts";
import { writeDicomSeg } from "../../formats/write/dicom-seg.ts";
import { ORIENTATIONS } from "../core/support/affines.ts";
import {
  type Grid,
  provenance,
  resultOn,
  SEGMENTS,
  sourceOn,
  voxelsOf,
  voxelsOfResult,
} from "../formats/segments/results.ts";
import { dataPath, needsData } from "../support/data.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { type DcmqiMeta, itkImage, needsDcmqi, readByDcmqi, withDcmqi } from "./dcmqi.ts";

const written = (grid: Grid): Uint8Array => {
  const [file] = writeDicomSeg(resultOn(grid), {
    stem: "x",
    overlap: "smaller",
    provenance: provenance(sourceOn(grid)),
  }).files();
  return file!.bytes;
};

/** Each way to lay three axes, and each of their signs, at least once. */
const SOME = ORIENTATIONS.filter((_, n) => n % 7 === 0);
const SLANTED: Mat4 = [0.4, -0.42, 0, 12, 0.3, 0.56, 0, -40, 0, 0, 3.3, 7, 0, 0, 0, 1];

/**
 * Not with sizes that leave 5 to 7 bits beside whole bytes, such as 21 × 22: its DCMTK loses its place in the second frame
 * (QIICR/QuantitativeReporting#278). `test/peers/test_segments.py` reads that size with highdicom.
 */
describe("dcmqi reads the SEG of an asymmetric phantom", needsDcmqi, () => {
  test.each([
    ...SOME.map((ijkToLps, n) => ({ name: `orientation ${n * 7}`, ijkToLps, size: [12, 13, 8] as const })),
    { name: "oblique", ijkToLps: SLANTED, size: [12, 13, 8] },
    { name: "23 × 38 × 3", ijkToLps: ORIENTATIONS[3]!, size: [23, 38, 3] },
  ] satisfies { name: string; ijkToLps: Mat4; size: Vec3 }[])(
    "voxel by voxel in its place, overlaps too: $name",
    async (grid) => {
      const { segments, voxels } = await readByDcmqi(written(grid), grid.ijkToLps);
      expect(voxels).toEqual(voxelsOfResult(resultOn(grid)));
      expect(segments.map(({ labelID, SegmentLabel }) => [labelID, SegmentLabel])).toEqual(
        SEGMENTS.map(({ name }, n) => [n + 1, name]),
      );
    },
  );
});

const CT = "tests/ct3_dicom_seg/ct-3slice";
const code = (CodeValue: string, CodeMeaning: string) => ({ CodeValue, CodingSchemeDesignator: "SCT", CodeMeaning });

describe("dcmqi and real CT slices", { ...needsDcmqi, ...needsData(CT) }, () => {
  const folder = dataPath(CT) ?? "";
  const paths = () =>
    readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  let server: TestServer;
  let image: ImageInfo;
  beforeAll(async () => {
    server = await startTestServer();
    const body = new FormData();
    for (const path of paths()) body.append("file", new Blob([readFileSync(path)]), "x.dcm");
    image = ImageInfo.parse(await (await fetch(`${server.url}/v1/images`, { method: "POST", body })).json());
  });
  afterAll(() => server?.close());

  const volume = () => ({ size: image.size, ijkToLps: image.ijkToLps });
  const exported = async (format: string) => {
    const segments = [
      {
        ...{ name: "liver", colour: "#e69f00", code: { scheme: "SCT", value: "10200004", meaning: "Liver" } },
        masks: [0, 2].map((slice) => ({ slice, rle: encodeRle(disc(slice, 90)) })),
      },
      { name: "Knöchel", masks: [{ slice: 2, origin: "edited", rle: encodeRle(disc(2, 30)) }] },
    ];
    const response = await fetch(`${server.url}/v1/exports`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ imageId: image.imageId, format, name: "x", segments }),
    });
    expect(response.status).toBe(200);
    return new Uint8Array(await response.arrayBuffer());
  };

  test("what the server exports has names, codes, colours, makers and voxels for it", async () => {
    const { segments, voxels } = await readByDcmqi(await exported("dicom-seg"), image.ijkToLps);
    const masks = [
      { segment: 0, slice: 0, data: disc(0, 90).data },
      { segment: 0, slice: 2, data: disc(2, 90).data },
      { segment: 1, slice: 2, data: disc(2, 30).data },
    ];
    expect(voxels).toEqual(voxelsOf(masks, image.size[0]));
    const model = /^tiny-promptomy 0\.0\.1 [0-9a-f]{12}$/;
    expect(segments).toMatchObject([
      {
        SegmentLabel: "liver",
        SegmentAlgorithmType: "SEMIAUTOMATIC",
        SegmentAlgorithmName: expect.stringMatching(model),
        SegmentedPropertyCategoryCodeSequence: code("123037004", "Anatomical Structure"),
        SegmentedPropertyTypeCodeSequence: code("10200004", "Liver"),
        TrackingUniqueIdentifier: expect.stringMatching(/^2\.25\./),
      },
      {
        SegmentLabel: "Knöchel",
        SegmentAlgorithmType: "MANUAL",
        SegmentedPropertyTypeCodeSequence: { CodingSchemeDesignator: "99PROMPTOMY", CodeMeaning: "Knöchel" },
      },
    ]);
    expectNear(segments[0]!.recommendedDisplayRGBValue, [230, 159, 0]);
  });

  test("the report that the server exports is a valid structured report for its DCMTK", async () => {
    const report = unzipSync(await exported("dicom-sr"))["x.sr.dcm"]!;
    const text = await withDcmqi(async ({ structuredReportToTextNode }, dir) => {
      await writeFile(join(dir, "sr.dcm"), report);
      return (await structuredReportToTextNode(join(dir, "sr.dcm"))).outputText;
    });
    expect(text).toContain("Comprehensive 3D SR Document");
    expect(text).toMatch(/Finding.*Liver/);
    expect(text).toMatch(/NUM:\(.*Volume.*\)="[\d.]+" \(ml/);
  });

  test("a SEG that it writes is read by the server, voxel by voxel, with its names, codes and colours", async () => {
    const { size } = image;
    const [width, height] = size;
    const discs = [1, 2, 1].map((slice, n) => ({ slice, mask: disc(slice, 20, 150 + 60 * n) }));
    const labels = new Int16Array(size[0] * size[1] * size[2]);
    for (const [n, { slice, mask }] of discs.entries())
      mask.data.forEach((inside, at) => {
        if (inside) labels[at + slice * width * height] = n + 1;
      });
    const seg = await withDcmqi(async ({ writeSegmentationNode }, dir) => {
      const options = { refDicomSeries: paths() };
      await writeSegmentationNode(itkImage(labels, volume()), META, join(dir, "seg.dcm"), options);
      return readFileSync(join(dir, "seg.dcm"));
    });
    const response = await fetch(`${server.url}/v1/images/${image.imageId}/imports`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: seg,
    });
    const { segments } = ImportResult.parse(await response.json());
    expect(segments.map(({ name, code }) => [name, code])).toEqual(
      ORGANS.map(({ name, value }) => [name, { scheme: "SCT", value, meaning: name }]),
    );
    for (const [n, { colour }] of ORGANS.entries()) expectNear(rgbOf(segments[n]!.colour!), colour);
    const masks = segments.flatMap(({ masks }, segment) =>
      masks.map(({ slice, rle }) => ({ segment, slice, data: decodeRle(rle).data })),
    );
    const expected = discs.map(({ slice, mask }, segment) => ({ segment, slice, data: mask.data }));
    expect(voxelsOf(masks, width)).toEqual(voxelsOf(expected, width));
  });
});

/** Round, and cut off at one side, so that no flip or turn keeps it; larger on later slices. */
function disc(slice: number, radius: number, x0 = 200) {
  const [width, height] = [512, 512];
  const data = Uint8Array.from({ length: width * height }, (_, n) => {
    const [x, y] = [(n % width) - x0, Math.floor(n / width) - 240];
    return +(x * x + y * y < (radius + slice) ** 2 && x < radius / 2 && y > -radius / 3);
  });
  return { width, height, data };
}

/** DICOM's CIELab has a white of D50 (PS3.3 C.10.7.1.1); DCMTK takes D65, which moves a colour by up to 8 of 255. */
function expectNear(seen: readonly number[], wanted: readonly number[]): void {
  expect(seen).toHaveLength(3);
  expect(Math.max(...wanted.map((value, n) => Math.abs(value - (seen[n] ?? 0))))).toBeLessThanOrEqual(8);
}

const ORGANS = [
  { name: "Liver", value: "10200004", colour: [230, 159, 0] },
  { name: "Spleen", value: "78961009", colour: [0, 158, 115] },
  { name: "Kidney", value: "64033007", colour: [204, 121, 167] },
] as const;

const META: DcmqiMeta = {
  ...{ ContentCreatorName: "Reader1", ClinicalTrialSeriesID: "1", ClinicalTrialTimePointID: "1", BodyPartExamined: "" },
  ...{ SeriesDescription: "Segmentation", SeriesNumber: "300", InstanceNumber: "1" },
  segmentAttributes: [
    ORGANS.map(({ name, value, colour }, n) => ({
      labelID: n + 1,
      SegmentLabel: name,
      SegmentDescription: name,
      SegmentAlgorithmType: "MANUAL",
      SegmentedPropertyCategoryCodeSequence: code("123037004", "Anatomical Structure"),
      SegmentedPropertyTypeCodeSequence: code(value, name),
      recommendedDisplayRGBValue: colour,
    })),
  ],
};
