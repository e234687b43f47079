/** The worker: graphs in, masks out. It knows no address; the page reads files for it. */
import * as Comlink from "comlink";
import { decodeEmbedding } from "../../core/embedding/file.ts";
import { isSegmenterError, SegmenterError } from "../../core/errors.ts";
import type { Slice, Window } from "../../core/image/volume.ts";
import type { Decoded } from "../../core/model/candidates.ts";
import { createDecoder, type Decoder, type Prepared } from "../../core/model/decoder.ts";
import { checkGolden } from "../../core/model/golden.ts";
import { modelInput } from "../../core/model/preprocess.ts";
import { hubTokenizer, type Tokenize } from "../../core/prompt/hub-tokens.ts";
import { ortSession } from "../../core/tensor/ort-session.ts";
import type { Session } from "../../core/tensor/session.ts";
import type { Graph, Manifest, Prompt, PromptContext, Transform } from "../../core/wire/index.ts";
import { type Lru, lruByBytes } from "../common/lru.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { loadWasm, type OrtWeb } from "./wasm.ts";
import { deviceLost, findAdapter, loadWebgpu } from "./webgpu.ts";

export interface WorkerStart {
  readonly backend: "webgpu" | "wasm";
  readonly manifest: Manifest;
  readonly threads: number;
  readonly cacheBytes: number;
  /** Refuse a GPU that is software, or slower than this machine's WASM. */
  readonly mustBeFast: boolean;
}

export interface Started {
  readonly note: string;
  readonly ms: number | undefined;
}

export interface WorkerSlice {
  readonly embedding: Uint8Array<ArrayBuffer>;
  /** Only for models with a `prepare` graph. */
  readonly slice?: Slice;
  readonly width: number;
  readonly height: number;
  readonly window: Window | null;
  readonly transform: Transform;
}

export interface WorkerJob {
  readonly prompts: readonly Prompt[];
  readonly multimask: boolean;
  readonly previous?: Float32Array;
  readonly context?: PromptContext;
}

/** One file of the model; called as late as possible, so that a text encoder nobody asks for is never loaded. */
export type ReadFile = (file: Graph) => Promise<Uint8Array>;

export interface DecoderWorker {
  start(options: WorkerStart, readFile: ReadFile): Promise<Outcome<Started>>;
  /** Resolves with the cause when the GPU device is lost. */
  lost(): Promise<string>;
  /** True when the slice is prepared; it then counts as just used. */
  touch(id: string): boolean;
  prepare(id: string, source: WorkerSlice): Promise<Outcome<void>>;
  /** `EmbeddingNotFound` when the slice is not prepared, or no longer. */
  decode(id: string, job: WorkerJob): Promise<Outcome<Decoded>>;
}

interface Running {
  readonly ort: OrtWeb;
  readonly decoder: Decoder;
  readonly manifest: Manifest;
  readonly slices: Lru<string, PreparedSlice>;
}

interface PreparedSlice {
  readonly prepared: Prepared;
  readonly transform: Transform;
  readonly width: number;
  readonly height: number;
}

/** Below this nobody notices a slower backend, so there is nothing to compare (milliseconds). */
const FAST_ENOUGH_MS = 30;

let running: Running | undefined;

const api: DecoderWorker = {
  start: (options, readFile) => outcomeOf(() => start(options, readFile)),
  lost: async () => (running ? deviceLost(running.ort) : new Promise<never>(() => {})),
  touch: (id) => running?.slices.get(id) !== undefined,
  prepare: (id, source) => outcomeOf(() => prepare(id, source)),
  decode: async (id, job) => {
    const outcome = await outcomeOf(() => decode(id, job));
    return outcome.ok ? Comlink.transfer(outcome, buffersOf(outcome.value)) : outcome;
  },
};

async function start(options: WorkerStart, readFile: ReadFile): Promise<Started> {
  const { backend, manifest, threads, cacheBytes, mustBeFast } = options;
  const note =
    backend === "webgpu" ? await adapterNote(mustBeFast) : `${threads} ${threads === 1 ? "thread" : "threads"}`;
  const files = filesOf(manifest, readFile);
  const ort = await (backend === "webgpu" ? loadWebgpu(threads) : loadWasm(threads));
  const decoder = await openDecoder(ort, backend, manifest, files);
  const golden = await files.golden;
  // Nothing is compared on the CPU alone: its first prompt tells its time.
  const compared = backend === "webgpu";
  const ms = golden && (await selfCheck(decoder, manifest, golden, compared));
  if (compared && mustBeFast && golden && ms && ms > FAST_ENOUGH_MS) {
    const wasm = await openDecoder(ort, "wasm", manifest, files);
    refuseSlower(ms, await selfCheck(wasm, manifest, golden, compared));
    await wasm.release();
  }
  running = { ort, decoder, manifest, slices: lruByBytes(cacheBytes) };
  return { note, ms: compared ? ms : undefined };
}

/** On their way while onnxruntime starts. A failure is reported where a file is awaited. */
function filesOf({ golden, graphs }: Manifest, readFile: ReadFile) {
  const files = {
    readFile,
    golden: golden && readFile(golden),
    decoder: readFile(graphs.decoder),
    prepare: graphs.prepare && readFile(graphs.prepare),
  };
  for (const file of [files.golden, files.decoder, files.prepare]) file?.catch(() => {});
  return files;
}

async function adapterNote(mustBeFast: boolean): Promise<string> {
  const adapter = await findAdapter();
  if (!adapter) throw new Error("this browser offers no GPU");
  if (adapter.software && mustBeFast) throw new Error("its only GPU is software");
  return adapter.name;
}

async function openDecoder(
  ort: OrtWeb,
  backend: "webgpu" | "wasm",
  manifest: Manifest,
  files: ReturnType<typeof filesOf>,
) {
  const { textEncoder } = manifest.graphs;
  const [decoderBytes, prepareBytes] = await Promise.all([files.decoder, files.prepare]);
  const open = (bytes: Uint8Array, provider: string) => ortSession(ort, bytes, { executionProviders: [provider] });
  // Once a slice, or once a text: a few milliseconds on the CPU, where a GPU would first compile shaders for seconds.
  const openText = async (graph: Graph) => open(await files.readFile(graph), "wasm");
  return createDecoder({
    manifest,
    decoder: await open(decoderBytes, backend),
    prepare: prepareBytes && (await open(prepareBytes, "wasm")),
    textEncoder: textEncoder && (await lazySession(textEncoder, openText)),
    tokenize: manifest.text && (await openTokenizer(await files.readFile(manifest.text.tokenizer))),
  });
}

/** Fetched by the few models whose text encoder is not our own. */
async function openTokenizer(bytes: Uint8Array): Promise<Tokenize> {
  return hubTokenizer(await import("@huggingface/tokenizers"), JSON.parse(new TextDecoder().decode(bytes)));
}

/** A session that is opened by its first run, where the manifest says enough to wait for it. */
async function lazySession(graph: Graph, openNow: (graph: Graph) => Promise<Session>): Promise<Session> {
  if (!graph.inputs || !graph.outputs) return openNow(graph);
  let session: Promise<Session> | undefined;
  const open = () => openNow(graph);
  return {
    inputNames: Object.keys(graph.inputs),
    outputNames: Object.keys(graph.outputs),
    run: async (feeds) => {
      session ??= open();
      return (await session).run(feeds);
    },
    release: async () => (await session)?.release(),
  };
}

/** The stored answer, and milliseconds of it; to be compared they are those of a second run, of warm kernels and shaders. */
async function selfCheck(decoder: Decoder, manifest: Manifest, golden: Uint8Array, compared: boolean): Promise<number> {
  const { ok, ms, reason } = await checkGolden(decoder, golden, manifest, { warmUps: compared ? 1 : 0 });
  if (!ok) throw new Error(`the self-check failed: ${reason ?? "another mask than the stored one"}`);
  return ms;
}

/** The WebGPU build has the CPU kernels too, so both were timed side by side. */
function refuseSlower(gpuMs: number, wasmMs: number): void {
  if (wasmMs < gpuMs)
    throw new Error(`it is slower here, ${Math.round(gpuMs)} ms a prompt against ${Math.round(wasmMs)} ms`);
}

async function prepare(id: string, { embedding, slice, width, height, window, transform }: WorkerSlice): Promise<void> {
  const { decoder, manifest, slices } = started();
  const { tensors } = decodeEmbedding(embedding);
  const { image } = slice ? modelInput(slice, { window, crop: transform.crop, input: manifest.input }) : {};
  const prepared = await decoder.prepare({ embedding: tensors, ...(image ? { image } : {}) });
  slices.set(id, { prepared, transform, width, height }, bytesOf(prepared));
}

const bytesOf = ({ feeds }: Prepared): number =>
  Object.values(feeds).reduce((sum, { data }) => sum + data.byteLength, 0);

async function decode(id: string, { prompts, ...rest }: WorkerJob): Promise<Decoded> {
  const { decoder, slices } = started();
  const slice = slices.get(id);
  if (!slice) throw new SegmenterError("EmbeddingNotFound", { embeddingId: id });
  const { prepared, ...geometry } = slice;
  const decoded = await decoder.decode(prepared, { prompts, ...geometry, ...rest }).catch(blameBackend);
  if (decoded.masks[0].lowResLogits.every((logit) => logit === 0)) throw new Error("it answered with zeros");
  return decoded;
}

/** The embedding was finite when it was prepared, so a decode that gives NaN is this backend's doing. */
function blameBackend(error: unknown): never {
  throw isSegmenterError(error, "EncoderOutputInvalid") ? new Error(error.detail.reason) : error;
}

function started(): Running {
  if (!running) throw new Error("the worker has not started");
  return running;
}

function buffersOf({ masks }: Decoded): Transferable[] {
  return masks.flatMap(({ data, lowResLogits }) => [data.buffer as ArrayBuffer, lowResLogits.buffer as ArrayBuffer]);
}

Comlink.expose(api);
