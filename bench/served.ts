/** The whole path through a running server: a cold slice to its first mask, and the memory of a large study. */

import { readdirSync, readFileSync } from "node:fs";
import { dataPath } from "../test/support/data.ts";
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

/** A 300-slice CT is a 16-bit NIfTI of 512×512×300 made here: constant header, a ramp of values. */
function largeCt(): Uint8Array<ArrayBuffer> {
  const [i, j, k] = [512, 512, 300];
  const bytes = new Uint8Array(352 + 2 * i * j * k);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  [3, i, j, k, 1, 1, 1, 1].forEach((dim, axis) => {
    view.setInt16(40 + 2 * axis, dim, true);
  });
  view.setInt16(70, 4, true); // int16
  view.setInt16(72, 16, true);
  [1, 0.8, 0.8, 1.5, 1, 1, 1, 1].forEach((size, axis) => {
    view.setFloat32(76 + 4 * axis, size, true);
  });
  view.setFloat32(108, 352, true);
  view.setFloat32(112, 1, true);
  view.setInt16(254, 1, true); // sform
  [0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 1.5, 0].forEach((value, at) => {
    view.setFloat32(280 + 4 * at, value, true);
  });
  bytes.set(new TextEncoder().encode("n+1\0"), 344);
  const voxels = new Int16Array(bytes.buffer, 352);
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
