/** `npm run bench -- exports`: a result of five segments on 275 slices of 512² through `POST /v1/exports`. Needs the data folder and a build. */
import { readFileSync } from "node:fs";
import { maskArea } from "../core/mask/mask.ts";
import { decodeRle } from "../core/mask/rle.ts";
import type { ImageInfo, Rle } from "../core/wire/index.ts";
import { readSegments } from "../formats/index.ts";
import { dataPath } from "../test/support/data.ts";
import { plain, realSlices, SLICES, serve } from "./long-series.ts";
import { machine, sampleOf } from "./report.ts";

const LABELS = "tests/ct_dicom_j2k/labels.nii.gz";
const STUDY = "1.2.826.0.1.3680043.10.8";
const SEGMENTS = 5;
const RUNS = 5;
const FORMATS = ["dicom-seg", "dicom-seg-labelmap", "rtstruct", "dicom-sr", "nifti", "seg-nrrd", "coco"];

type Real = NonNullable<Awaited<ReturnType<typeof realSlices>>>;

/** The five largest organs of the 20 real slices, which come again until there are 275 slices. */
export async function exports(): Promise<void> {
  const [real, labels] = [await realSlices(), dataPath(LABELS)];
  if (!real || !labels) return void process.stderr.write("bench: exports needs the data folder.\n");
  const server = await serve();
  try {
    const { imageId } = await upload(server.url, real);
    const segments = await largest(real, labels);
    const masks = segments.reduce((sum, segment) => sum + segment.masks.length, 0);
    process.stdout.write(`${machine()}; ${SEGMENTS} segments, ${masks} masks on ${SLICES} slices; ${RUNS} runs\n`);
    for (const format of FORMATS) process.stdout.write(await measured(server.url, { imageId, format, segments }));
  } finally {
    await server.close();
  }
}

async function upload(url: string, { volume }: Real): Promise<ImageInfo> {
  const body = new FormData();
  for (let n = 0; n < SLICES; n++) body.append("file", new Blob([new Uint8Array(plain(volume, n, STUDY))]), `${n}.dcm`);
  const response = await fetch(`${url}/v1/images`, { method: "POST", body });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as ImageInfo; // our own server's answer
}

interface Part {
  readonly name: string;
  readonly masks: readonly { readonly slice: number; readonly rle: Rle }[];
}

async function largest({ volume }: Real, labels: string): Promise<Part[]> {
  const { segments } = await readSegments(new Uint8Array(readFileSync(labels)), volume);
  const area = (masks: Part["masks"]) => masks.reduce((sum, { rle }) => sum + maskArea(decodeRle(rle)), 0);
  return segments
    .toSorted((a, b) => area(b.masks) - area(a.masks))
    .slice(0, SEGMENTS)
    .map(({ masks }, n) => ({
      name: `organ ${n + 1}`,
      masks: Array.from({ length: SLICES }, (_, k) =>
        masks.filter(({ slice }) => slice === k % volume.size[2]).map(({ rle }) => ({ slice: k, rle })),
      ).flat(),
    }));
}

/** From the request to the last byte of the file. */
async function measured(url: string, order: { format: string; imageId: string; segments: Part[] }): Promise<string> {
  const body = JSON.stringify(order);
  const times: number[] = [];
  let bytes = 0;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const response = await fetch(`${url}/v1/exports`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
    });
    if (!response.ok) throw new Error(`${order.format}: ${await response.text()}`);
    bytes = (await response.arrayBuffer()).byteLength;
    times.push(performance.now() - start);
  }
  const { median, min, max } = sampleOf(times);
  return `${order.format}: ${[median, min, max].map(Math.round).join(" ")} ms (median, least, most), ${(bytes / 1e6).toFixed(2)} MB of ${(body.length / 1e6).toFixed(1)} MB JSON\n`;
}
