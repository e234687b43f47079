import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { maskArea } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { ImageInfo, ImportResult } from "../../core/wire/index.ts";
import { DEFAULT_LIMITS, readNifti, writePng } from "../../formats/index.ts";
import { dataPath, needsData } from "../support/data.ts";
import { createHarness, type Harness, SETUP_MS, seriesForm } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, SETUP_MS);
afterAll(() => harness?.close());

const send = (path: string, body: BodyInit) => harness.request(path, { method: "POST", body });
const picture = (side: number) =>
  writePng({ width: side, height: side, data: Uint8Array.from({ length: side * side }, (_, n) => n % 3) });

describe("POST /v1/images/:id/imports", () => {
  test("answers with a labelmap's segments as masks of the image", async () => {
    const { imageId } = ImageInfo.parse(await (await send("/v1/images", picture(9))).json());
    const answer = await send(`/v1/images/${imageId}/imports`, picture(9));
    expect(answer.status).toBe(200);
    const { segments } = ImportResult.parse(await answer.json());
    expect(segments.map(({ name }) => name)).toEqual(["Label 1", "Label 2"]);
    expect(Array.from(decodeRle(segments[1]!.masks[0]!.rle).data)).toEqual(
      Array.from({ length: 81 }, (_, n) => +(n % 3 === 2)),
    );
  });

  test("refuses another size, an unknown image and bytes of no format", async () => {
    const { imageId } = ImageInfo.parse(await (await send("/v1/images", picture(9))).json());
    const problem = async (response: Response) => ({ status: response.status, code: (await response.json()).code });
    expect(await problem(await send(`/v1/images/${imageId}/imports`, picture(8)))).toEqual({
      status: 422,
      code: "DoesNotFit",
    });
    expect(await problem(await send(`/v1/images/sha256:${"0".repeat(64)}/imports`, picture(8)))).toEqual({
      status: 404,
      code: "ImageNotFound",
    });
    expect(await problem(await send(`/v1/images/${imageId}/imports`, "what is this"))).toEqual({
      status: 415,
      code: "UnsupportedFormat",
    });
  });

  const real = { ...needsData("tests/ct_dicom_j2k"), timeout: SETUP_MS };
  test("lays 31 labels of a NIfTI on the DICOM series that they were drawn on", real, async () => {
    const folder = dataPath("tests/ct_dicom_j2k") ?? "";
    const info = ImageInfo.parse(await (await send("/v1/images", await seriesForm(`${folder}/series`))).json());
    const labels = await readFile(`${folder}/labels.nii.gz`);
    const answer = await send(`/v1/images/${info.imageId}/imports`, labels);
    const { segments } = ImportResult.parse(await answer.json());
    expect(segments).toHaveLength(31);
    const areas = segments.flatMap(({ masks }) => masks.map(({ rle }) => maskArea(decodeRle(rle))));
    const { data } = readNifti(labels, DEFAULT_LIMITS);
    expect(areas.reduce((sum, area) => sum + area, 0)).toBe(Array.from(data).filter((value) => value > 0).length);
  });
});
