import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebStream } from "node:stream/web";
import type { Digest } from "../../core/digest.ts";
import { SegmenterError } from "../../core/errors.ts";
import { type Graph, Manifest } from "../../core/wire/index.ts";
import { sha256OfFile } from "../disk/sha256.ts";

type Weights = Pick<Graph, "path" | "bytes" | "digest">;

/** What was seen at the first download of a file whose digest nobody had recorded. */
type Lock = Record<string, { readonly bytes: number; readonly digest: Digest }>;

export interface PullOptions {
  readonly cacheDir: string;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Where repositories live; the hub by default. */
  readonly hub?: string;
}

const HUB = "https://huggingface.co";
/** No model that we name comes near; a server that lies about lengths meets this. */
const MAX_BYTES = 8 * 2 ** 30;

/** Manifests of the catalogue, by file name. */
export async function readCatalog(dir: string): Promise<Manifest[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith(".json")).toSorted();
  return Promise.all(names.map(async (name) => Manifest.parse(JSON.parse(await readFile(join(dir, name), "utf8")))));
}

/**
 * Fetches the files of a model in the hub's layout: `<hub>/<source>/resolve/<revision>/<path>`. A part that is there is
 * continued. A file with a digest must match it; one without is recorded in `models.lock.json` and must match that from
 * then on. The manifest is written last, so that half a model is none.
 */
export async function pullModel(manifest: Manifest, options: PullOptions): Promise<{ id: string; dir: string }> {
  const { cacheDir, note } = options;
  const { id, source, graphs, golden, text, heatMap } = manifest;
  if (!source) throw new SegmenterError("InvalidRequest", { reason: "the manifest names no source", path: "source" });
  const root = join(cacheDir, "models");
  const dir = join(root, id);
  await mkdir(dir, { recursive: true });
  const lock = await readLock(root);
  const fetched: Record<string, Weights> = {};
  for (const weights of [...Object.values(graphs), golden, text?.tokenizer, heatMap?.text.tokenizer]) {
    if (!weights) continue;
    const key = `${source}/${manifest.revision ?? "main"}/${weights.path}`;
    const expected = { ...lock[key], ...pick(weights) };
    const found = await fetchFile(urlOf(manifest, weights.path, options), join(dir, weights.path), expected, options);
    if (expected.digest === undefined) note(`${weights.path}: recorded ${found.digest} on first use.`);
    lock[key] = found;
    fetched[weights.path] = { path: weights.path, ...found };
  }
  await writeFile(join(root, "models.lock.json"), `${JSON.stringify(lock, null, 2)}\n`);
  await writeFile(join(dir, "manifest.json"), `${JSON.stringify(withDigests(manifest, fetched), null, 2)}\n`);
  return { id, dir };
}

const pick = ({ bytes, digest }: Weights) => ({ ...(bytes && { bytes }), ...(digest && { digest }) });

function withDigests(manifest: Manifest, fetched: Record<string, Weights>): Manifest {
  const fill = <W extends Weights>(weights: W): W => ({ ...weights, ...fetched[weights.path] });
  const { encoder, decoder, prepare, textEncoder, heatMap } = manifest.graphs;
  const spec = <S extends { tokenizer: Weights }>(text: S): S => ({ ...text, tokenizer: fill(text.tokenizer) });
  return {
    ...manifest,
    graphs: {
      encoder: fill(encoder),
      decoder: fill(decoder),
      ...(prepare && { prepare: fill(prepare) }),
      ...(textEncoder && { textEncoder: fill(textEncoder) }),
      ...(heatMap && { heatMap: fill(heatMap) }),
    },
    ...(manifest.text && { text: spec(manifest.text) }),
    ...(manifest.heatMap && { heatMap: { ...manifest.heatMap, text: spec(manifest.heatMap.text) } }),
    ...(manifest.golden && { golden: fill(manifest.golden) }),
  };
}

function urlOf(
  { source, revision = "main" }: Manifest,
  path: string,
  { hub = process.env.PROMPTOMY_HUB ?? HUB }: PullOptions,
): string {
  return `${hub}/${source}/resolve/${encodeURIComponent(revision)}/${path}`;
}

async function readLock(root: string): Promise<Lock> {
  const text = await readFile(join(root, "models.lock.json"), "utf8").catch(() => "{}");
  return JSON.parse(text) as Lock; // our own file
}

interface Expected {
  readonly bytes?: number;
  readonly digest?: Digest;
}

/** A file that is there and right is kept; a `.part` is continued; what does not verify is removed. */
async function fetchFile(url: string, path: string, expected: Expected, { note, signal }: PullOptions) {
  await mkdir(dirname(path), { recursive: true });
  const present = await describe(path);
  if (present && expected.digest === present.digest) return present;
  const part = `${path}.part`;
  note(`Fetching ${url}`);
  await download(url, part, expected.bytes ?? MAX_BYTES, signal);
  const found = await describe(part);
  if (!found || (expected.bytes ?? found.bytes) !== found.bytes || (expected.digest ?? found.digest) !== found.digest) {
    await rm(part, { force: true });
    throw new Error(`${url} gave other bytes than expected; nothing of it is kept.`);
  }
  await rename(part, path);
  return found;
}

async function download(url: string, part: string, maxBytes: number, signal: AbortSignal | undefined): Promise<void> {
  const have = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (have > 0 && have === maxBytes) return;
  const headers: Record<string, string> = have > 0 ? { Range: `bytes=${have}-` } : {};
  const response = await fetch(url, { headers, ...(signal && { signal }) });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}.`);
  const resumed = response.status === 206;
  let total = resumed ? have : 0;
  const counted = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      total += chunk.byteLength;
      if (total > maxBytes)
        throw new SegmenterError("TooLarge", { what: "model file in bytes", value: total, limit: maxBytes });
      yield chunk;
    }
  };
  const body = Readable.fromWeb(response.body as WebStream<Uint8Array>); // Node's own type for the same stream
  await pipeline(body, counted, createWriteStream(part, { flags: resumed ? "a" : "w" }));
}

async function describe(path: string): Promise<{ bytes: number; digest: Digest } | undefined> {
  const size = (await stat(path).catch(() => undefined))?.size;
  if (size === undefined) return undefined;
  return { bytes: size, digest: await sha256OfFile(path) };
}
