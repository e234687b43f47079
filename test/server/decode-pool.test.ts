/** Frames decoded on several threads are the frames decoded on one, in their order. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import type { Volume } from "../../core/image/volume.ts";
import { readImage } from "../../formats/index.ts";
import { createDecodePool } from "../../server/images/decode-pool.ts";
import { dataPath, needsData } from "../support/data.ts";

const codecs = createDecodePool(new URL("../../server/images/decode.worker.ts", import.meta.url));
const slices = (folder = dataPath("tests/ct_dicom_j2k/series")!) =>
  readdirSync(folder)
    .sort()
    .map((name) => ({ bytes: new Uint8Array(readFileSync(join(folder, name))) }));

/** Compared as bytes: millions of values one by one take minutes. */
const bytesOf = ({ data }: Volume) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

describe("a series of JPEG 2000", needsData("tests/ct_dicom_j2k"), () => {
  test("is the same volume", async () => {
    const files = slices();
    const [one, several] = [await readImage(files), await readImage(files, { codecs })];
    expect(Buffer.compare(bytesOf(several), bytesOf(one))).toBe(0);
    expect({ ...several, data: 0 }).toEqual({ ...one, data: 0 });
  }, 60_000);

  test("with broken slices leaves out those and no others", async () => {
    const files = slices();
    for (const n of [2, 3, 11]) files[n]!.bytes.fill(0x55, files[n]!.bytes.length - 100_000);
    const [one, several] = [await readImage(files), await readImage(files, { codecs })];
    expect(several.size).toEqual(one.size);
    expect(several.warnings).toEqual(one.warnings);
    expect(Buffer.compare(bytesOf(several), bytesOf(one))).toBe(0);
  }, 60_000);
});

test("a codestream of rubbish is refused as it is without threads", async () => {
  const failures = await Promise.all(
    Array.from({ length: 6 }, () => codecs.decode("JPEG 2000", new Uint8Array(500)).catch((thrown: unknown) => thrown)),
  );
  for (const failure of failures) expect(isSegmenterError(failure, "MalformedFile")).toBe(true);
}, 30_000);
