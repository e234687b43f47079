import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeRle } from "../../core/mask/rle.ts";
import { type ExportOrder, ImageInfo, ImportResult } from "../../core/wire/index.ts";
import { DEFAULT_LIMITS, readPng, writePng } from "../../formats/index.ts";
import { openDicom } from "../../formats/read/dicom/file.ts";
import { itemsOf, textOf } from "../../formats/read/dicom/values.ts";
import { dataPath, needsData } from "../support/data.ts";
import { ctSeries } from "../support/dicom-series.ts";
import { createHarness, type Harness, post, SETUP_MS, seriesForm } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, SETUP_MS);
afterAll(() => harness?.close());

const SIDE = 9;
const diagonal = encodeRle({
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: SIDE * SIDE }, (_, n) => +(n % (SIDE + 1) === 0)),
});

async function picture(): Promise<ImageInfo> {
  const body = writePng({ width: SIDE, height: SIDE, data: Uint8Array.from({ length: SIDE * SIDE }, (_, n) => n) });
  return ImageInfo.parse(await (await harness.request("/v1/images", { method: "POST", body })).json());
}

const order = (imageId: ExportOrder["imageId"], change: Partial<ExportOrder> = {}): ExportOrder => ({
  imageId,
  format: "png-all",
  segments: [{ name: "line", masks: [{ slice: 0, rle: diagonal }] }],
  ...change,
});
const exported = (body: ExportOrder) => harness.request("/v1/exports", post(body));
const codeOf = async (response: Response) => ({ status: response.status, code: (await response.json()).code });

describe("POST /v1/exports", () => {
  test("answers with a file, or with a ZIP of several", async () => {
    const { imageId } = await picture();
    const coco = await exported(order(imageId, { format: "coco", name: "my.file" }));
    expect(coco.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''my.file.coco.json");
    expect((await coco.json()).annotations[0].area).toBe(SIDE);
    const zip = await exported(order(imageId));
    expect(zip.headers.get("content-type")).toBe("application/zip");
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    const png = Object.entries(files).find(([name]) => name.endsWith(".png"))?.[1];
    expect(readPng(png!, DEFAULT_LIMITS).size).toEqual([SIDE, SIDE, 1]);
  });

  test("refuses what the image or the format cannot hold", async () => {
    const { imageId } = await picture();
    expect(await codeOf(await exported(order(imageId, { format: "dicom-seg" })))).toEqual({
      status: 422,
      code: "CannotExport",
    });
    expect(await codeOf(await exported(order(imageId, { format: "nifti" })))).toEqual({
      status: 422,
      code: "CannotExport",
    });
    expect(await codeOf(await exported(order(`sha256:${"0".repeat(64)}`)))).toEqual({
      status: 404,
      code: "ImageNotFound",
    });
    const small = encodeRle({ width: 2, height: 2, data: new Uint8Array(4) });
    const wrong = [
      [{ name: "a", masks: [{ slice: 0, rle: small }] }],
      [
        { name: "a", masks: [{ slice: 0, rle: diagonal }], number: 3 },
        { name: "b", masks: [], number: 3 },
      ],
      [{ name: "a" }],
    ];
    for (const segments of wrong)
      expect(await codeOf(await exported(order(imageId, { segments })))).toEqual({
        status: 400,
        code: "InvalidRequest",
      });
    const far = [{ name: "a", masks: [{ slice: 1, rle: diagonal }] }];
    expect(await codeOf(await exported(order(imageId, { segments: far })))).toEqual({
      status: 404,
      code: "SliceNotFound",
    });
  });

  test("a segment named by the vocabulary gets its code and side, and is AUTOMATIC when nobody pointed at it", async () => {
    const form = new FormData();
    for (const [k, bytes] of ctSeries().entries()) form.append("file", new Blob([bytes]), `${k}.dcm`);
    const { imageId } = ImageInfo.parse(
      await (await harness.request("/v1/images", { method: "POST", body: form })).json(),
    );
    const data = Uint8Array.from({ length: 64 * 64 }, (_, n) => +(n % 65 === 0));
    const rle = encodeRle({ width: 64, height: 64, data });
    const masks = (byName: boolean, origin: "prompted" | "edited" = "prompted") => [{ slice: 1, rle, byName, origin }];
    const answer = await exported({
      ...{ imageId, format: "dicom-seg" },
      segments: [
        { name: "left kidney", masks: masks(true) },
        { name: "Liver", masks: masks(false) },
        { name: "livr", masks: masks(false, "edited") },
      ],
    });
    const { dataSet } = openDicom(new Uint8Array(await answer.arrayBuffer()), DEFAULT_LIMITS);
    const items = itemsOf(dataSet, 0x0062_0002);
    expect(items.map((item) => textOf(item, 0x0062_0008))).toEqual(["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]);
    const types = items.map((item) => itemsOf(item, 0x0062_000f)[0]!);
    expect(types.map((type) => textOf(type, 0x0008_0100))).toEqual(["64033007", "10200004", "SEGMENT-3"]);
    const [side] = itemsOf(types[0]!, 0x0062_0011);
    expect(textOf(side!, 0x0008_0100)).toBe("7771000");
    expect(itemsOf(types[1]!, 0x0062_0011)).toEqual([]);
  });

  const real = { ...needsData("tests/ct3_dicom_seg"), timeout: SETUP_MS };
  test("a DICOM SEG read and written again is the same, and its patient is in no log", real, async () => {
    const folder = dataPath("tests/ct3_dicom_seg") ?? "";
    const form = await seriesForm(join(folder, "ct-3slice"));
    const { imageId } = ImageInfo.parse(
      await (await harness.request("/v1/images", { method: "POST", body: form })).json(),
    );
    const read = async (body: Uint8Array<ArrayBuffer>) =>
      ImportResult.parse(
        await (await harness.request(`/v1/images/${imageId}/imports`, { method: "POST", body })).json(),
      );
    const first = await read(new Uint8Array(await readFile(join(folder, "partial_overlaps.dcm"))));
    const again = await exported({ imageId, format: "dicom-seg", segments: first.segments });
    expect(again.headers.get("content-type")).toBe("application/dicom");
    const second = await read(new Uint8Array(await again.arrayBuffer()));
    expect(second.segments.map(({ name, masks }) => ({ name, masks }))).toEqual(
      first.segments.map(({ name, masks }) => ({ name, masks })),
    );
    const source = await harness.services.images.source(imageId);
    const patient = [
      source?.studyInstanceUid,
      source?.attributes["00100020"]?.value,
      source?.attributes["00100010"]?.value,
    ];
    for (const secret of patient.filter((value) => value !== undefined && value.length > 3))
      expect(harness.log.join("\n")).not.toContain(secret);
    expect(patient.some((value) => value !== undefined)).toBe(true);
  });
});
