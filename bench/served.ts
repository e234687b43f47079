/** The whole path through a running server: a cold slice to its first mask, and the memory of a large study. */

import { readdirSync, readFileSync } from "node:fs";
import { dataPath } from "../test/support/data.ts";
import { niftiBytes } from "./nifti-bytes.ts";
import { type Row, sampleOf, treeMemory } from "./report.ts";

interface Server {
  readonly url: string;
}

async function json<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as T; // our own server's answer
}

async function upload(server: Server, folder: string): Promise<{ imageId: string; size: number[] }> {
  const form = new FormData();
  for (const name of readdirSync(folder)) form.append("files", new Blob([readFileSync(`${folder}/${name}`)]), name);
  return json(await fetch(`${server.url}/v1/images`, { method: "POST", body: form }));
}

/** Opening each slice for the first time: encode, decode one click on the server, RLE back. */
export async function firstMaskRow(server: Server, models: { ours: string; yardstick: string }): Promise<Row[]> {
  const folder = dataPath("tests/ct_dicom_j2k/series");
  if (!folder) return [];
  const { imageId, size } = await upload(server, folder);
  const measure = async (model: string, slices: number) => {
    const values: number[] = [];
    for (let slice = 0; slice < slices; slice++) {
      const start = performance.now();
      const prompts = [{ kind: "point", x: 180, y: 250, label: "foreground" }];
      const body = JSON.stringify({ imageId, plane: "axial", slice, model, prompts });
      const headers = { "content-type": "application/json" };
      await json(await fetch(`${server.url}/v1/masks`, { method: "POST", headers, body }));
      values.push(performance.now() - start);
    }
    return sampleOf(values.slice(1));
  };
  const ours = await measure(models.ours, Math.min(12, size[2]));
  const yardstick = await measure(models.yardstick, 3);
  return [{ what: "open a 512×512 CT slice → first mask (server, cold)", unit: "ms", ours, yardstick }];
}

/** A 300-slice CT: a ramp of values. */
function largeCt(): Uint8Array<ArrayBuffer> {
  const { bytes, voxels } = niftiBytes({ size: [512, 512, 300], toRas: [0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 1.5, 0] });
  for (let at = 0; at < voxels.length; at++) voxels[at] = (at % 2000) - 1000;
  return bytes;
}

/** Server processes while a 300-slice CT is open and one slice of it is encoded; this process's own share is part of it. */
export async function memoryRow(server: Server, model: string): Promise<Row[]> {
  if (process.platform !== "linux") return [];
  const { imageId } = await json<{ imageId: string }>(
    await fetch(`${server.url}/v1/images`, { method: "POST", body: largeCt() }),
  );
  const body = JSON.stringify({ plane: "native", slice: 150, model });
  const headers = { "content-type": "application/json" };
  await json(await fetch(`${server.url}/v1/images/${imageId}/embeddings`, { method: "POST", headers, body }));
  return [
    {
      what: "memory with a 512×512×300 CT open, this bench and the yardstick included",
      unit: "MiB",
      ours: sampleOf([treeMemory()]),
    },
  ];
}
