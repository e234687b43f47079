import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { VoxelArray } from "../../core/image/volume.ts";
import { decodeWithWasm } from "../../formats/codecs/wasm.ts";
import { DEFAULT_LIMITS, readImage } from "../../formats/index.ts";
import { openDicom } from "../../formats/read/dicom/file.ts";
import { readImageHeader } from "../../formats/read/dicom/header.ts";
import { valueReader } from "../../formats/read/dicom/series/voxels.ts";
import { dataPath, needsData } from "../support/data.ts";
import { codeOf } from "./support.ts";

type Golden = { undecodable: string } | { type: string; shape: number[]; sha256: string; samples: number[] };

const goldens: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("./golden/dicom-zoo.json", import.meta.url), "utf8"),
);
const zoo = dataPath("tests/dicom_zoo");
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(zoo ?? "", name)));

/** Decoders of lossy JPEG and colour transforms may round differently: largest difference at the sampled pixels. */
const ROUNDING: Readonly<Record<string, number>> = {
  "cornerstonejs+dicomParser__IM00001.fragmented_no_bot_jpeg_baseline.50.dcm": 1,
  "pydicom+pydicom-data__HTJ2K_08_RGB.dcm": 1,
  "cornerstonejs+cornerstone3D__CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm": 1,
  "cornerstonejs+dicomParser__CT0012.fragmented_no_bot_jpeg_baseline.51.dcm": 1,
};

async function frames(name: string): Promise<VoxelArray[]> {
  const file = openDicom(bytesOf(name), DEFAULT_LIMITS);
  const header = readImageHeader(file.dataSet, DEFAULT_LIMITS);
  const read = valueReader({ file, header }, decodeWithWasm);
  const all: VoxelArray[] = [];
  for (let k = 0; k < header.frames; k++) all.push(await read(k));
  return all;
}

const digest = (values: readonly VoxelArray[]) => {
  const hash = createHash("sha256");
  for (const frame of values) hash.update(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength));
  return hash.digest("hex");
};

const cases = Object.entries(goldens).map(([name, golden]) => ({ name, golden }));

describe("the DICOM zoo (B-5, D-6, D-7, D-8)", needsData("tests/dicom_zoo"), () => {
  test.each(cases.filter(({ golden }) => "sha256" in golden))(
    "$name decodes to pydicom's pixels",
    async ({ name, golden }) => {
      if (!("sha256" in golden)) return;
      const values = await frames(name);
      const [count = 0, rows = 0, columns = 0, samples = 0] = golden.shape;
      expect(values.map((frame) => frame.length)).toEqual(Array(count).fill(rows * columns * samples));
      const tolerance = ROUNDING[name];
      if (tolerance === undefined) return expect(digest(values)).toBe(golden.sha256);
      const size = rows * columns * samples;
      golden.samples.forEach((expected, i) => {
        const at = Math.floor(((i + 0.5) * size * count) / golden.samples.length);
        const actual = values[Math.floor(at / size)]?.[at % size] ?? Number.NaN;
        expect(Math.abs(actual - expected), `value ${at}`).toBeLessThanOrEqual(tolerance);
      });
    },
  );
  test.each(cases.filter(({ golden }) => "undecodable" in golden))(
    "$name, which pydicom cannot decode, is read whole or refused cleanly",
    async ({ name }) => {
      const code = await codeOf(readImage([{ bytes: bytesOf(name) }]));
      expect([undefined, "UnsupportedFormat", "MalformedFile"]).toContain(code);
    },
  );
});
