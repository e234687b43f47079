/** The graphs alone, in this process: encode, prepare, decode, and the embedding's size on the wire. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as ort from "onnxruntime-node";
import { encodeEmbedding } from "../core/embedding/file.ts";
import { sliceOf } from "../core/image/slice.ts";
import { defaultWindow } from "../core/image/window.ts";
import { createDecoder } from "../core/model/decoder.ts";
import { createEncoder } from "../core/model/encoder.ts";
import { modelInput } from "../core/model/preprocess.ts";
import { createPhantom } from "../core/phantom/phantom.ts";
import { ortSession } from "../core/tensor/ort-session.ts";
import type { Prompt } from "../core/wire/index.ts";
import { Manifest } from "../core/wire/manifest.ts";
import { type Row, type Sample, sampleOf, timed } from "./report.ts";

const CLICK: readonly Prompt[] = [{ kind: "point", x: 80, y: 90, label: "foreground" }];

interface Measured {
  readonly encode: Sample;
  readonly prepare: Sample;
  readonly decode: Sample;
  readonly bytes: Sample;
  readonly gzipped: Sample;
}

async function load(dir: string, threads: number) {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(dir, "manifest.json"), "utf8")));
  const options = { intraOpNumThreads: threads };
  const session = async (path: string) => ortSession(ort, await readFile(join(dir, path)), options);
  const { encoder, decoder, prepare } = manifest.graphs;
  return {
    manifest,
    encoder: createEncoder({ manifest, encoder: await session(encoder.path) }),
    decoder: createDecoder({
      manifest,
      decoder: await session(decoder.path),
      prepare: prepare && (await session(prepare.path)),
    }),
  };
}

async function measure(dir: string, threads: number, times: number): Promise<Measured> {
  const { manifest, encoder, decoder } = await load(dir, threads);
  const { volume } = createPhantom();
  const slice = sliceOf(volume, "axial", Math.floor(volume.size[2] / 2));
  const { image, transform } = modelInput(slice, { window: defaultWindow(volume), input: manifest.input });
  const embedding = await encoder.encode(image);
  const prepared = await decoder.prepare({ embedding, image });
  const wire = encodeEmbedding(embedding, manifest.embedding.wire, {});
  const request = { prompts: CLICK, transform, width: slice.width, height: slice.height };
  return {
    encode: await timed(() => encoder.encode(image), { times }),
    prepare: await timed(() => decoder.prepare({ embedding, image }), { times }),
    decode: await timed(() => decoder.decode(prepared, request), { times: 3 * times }),
    bytes: sampleOf([wire.length / 1024]),
    gzipped: sampleOf([gzipSync(wire).length / 1024]),
  };
}

/** Rows for one and two threads. */
export async function graphRows(ours: string, yardstick: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const threads of [1, 2]) {
    const a = await measure(ours, threads, 15);
    const b = await measure(yardstick, threads, 3);
    const where = `Node CPU, ${threads} thread${threads > 1 ? "s" : ""}`;
    rows.push(
      { what: `encode a slice (${where})`, unit: "ms", ours: a.encode, yardstick: b.encode },
      { what: `prepare a slice (${where})`, unit: "ms", ours: a.prepare },
      { what: `click → mask (${where})`, unit: "ms", ours: a.decode, yardstick: b.decode },
    );
    if (threads === 2) continue;
    rows.push(
      { what: "embedding on the wire", unit: "KiB", ours: a.bytes, yardstick: b.bytes },
      { what: "embedding on the wire, gzip", unit: "KiB", ours: a.gzipped, yardstick: b.gzipped },
    );
  }
  return rows;
}
