/** WebGPU and WASM as the page sees them: a worker that may crash, hang or lose its device. */
import * as Comlink from "comlink";
import { isSegmenterError } from "../../core/errors.ts";
import type { Manifest, Prompt } from "../../core/wire/index.ts";
import type { BackendName, Embedding, SegmentOptions } from "../types.ts";
import { type Backend, type Masks, serially } from "./backend.ts";
import type { DecodeJob, DecoderWorker, ReadFile, SliceSource } from "./decoder.worker.ts";
import { createLifeline, type Lifeline } from "./lifeline.ts";
import { unwrap } from "./outcome.ts";
import { asMaskPrompt } from "./refine.ts";

export interface WorkerBackendOptions {
  readonly backend: "webgpu" | "wasm";
  readonly manifest: Manifest;
  readonly worker: () => Worker;
  readonly readFile: ReadFile;
  /** What the worker needs to prepare a slice; asked again when the slice was evicted. */
  readonly source: (on: Embedding, signal?: AbortSignal) => Promise<SliceSource>;
  readonly cacheBytes: number;
  readonly mustBeFast: boolean;
  readonly startTimeoutMs: number;
}

/** More threads than this gain nothing on graphs of this size. */
const MAX_THREADS = 4;

/** Far above any decode; a worker that was killed for its memory tells nobody. */
const CALL_TIMEOUT_MS = 60_000;

/** Starts a worker and lets it check itself; rejects with the reason when it is not fit. */
export async function workerBackend(options: WorkerBackendOptions): Promise<Backend> {
  const { backend, manifest, cacheBytes, mustBeFast, startTimeoutMs } = options;
  const threads = crossOriginIsolated ? Math.max(1, Math.min(MAX_THREADS, navigator.hardwareConcurrency)) : 1;
  const worker = options.worker();
  const lifeline = watch(worker);
  const remote = Comlink.wrap<DecoderWorker>(worker);
  const close = () => {
    lifeline.cut("closed");
    worker.terminate();
  };
  try {
    const readFile = Comlink.proxy(async (file: Parameters<ReadFile>[0]) => {
      const bytes = await options.readFile(file);
      return Comlink.transfer(bytes, [bytes.buffer]);
    });
    const start = remote.start({ backend, manifest, threads, cacheBytes, mustBeFast }, readFile);
    const { note, ms } = unwrap(await lifeline.guard(start, startTimeoutMs));
    if (backend === "webgpu") remote.lost().then(lifeline.cut);
    return { name: backend, threads, note, ms, lost: lifeline.ended, ...operations(remote, lifeline, options), close };
  } catch (error) {
    close();
    throw error;
  }
}

function watch(worker: Worker): Lifeline {
  const lifeline = createLifeline();
  worker.addEventListener("error", ({ message }) => lifeline.cut(`its worker crashed${message ? `: ${message}` : ""}`));
  worker.addEventListener("messageerror", () => lifeline.cut("its worker sent what cannot be read"));
  return lifeline;
}

function operations(
  remote: Comlink.Remote<DecoderWorker>,
  { guard }: Lifeline,
  { backend, source }: WorkerBackendOptions,
): Pick<Backend, "prepare" | "decode"> {
  const inTurn = serially();

  const prepare: Backend["prepare"] = async (on, signal) => {
    if (await guard(remote.touch(on.id), CALL_TIMEOUT_MS)) return;
    const slice = await source(on, signal);
    await inTurn(async () => unwrap(await guard(remote.prepare(on.id, slice), CALL_TIMEOUT_MS)), signal);
  };
  const decodeOnce = (on: Embedding, job: DecodeJob, signal: AbortSignal | undefined) =>
    inTurn(async () => {
      const begin = performance.now();
      const { masks, presence } = unwrap(await guard(remote.decode(on.id, job), CALL_TIMEOUT_MS));
      const origin = { backend: backend satisfies BackendName, on, ...(presence === undefined ? {} : { presence }) };
      const [best, ...rest] = masks.map((mask) => ({ ...mask, ...origin }));
      if (!best) throw new RangeError("The decoder gave no mask.");
      return { masks: [best, ...rest] satisfies Masks, ms: performance.now() - begin };
    }, signal);

  return {
    prepare,
    decode: async (on, prompts, options) => {
      const job = jobOf(prompts, options);
      try {
        return await decodeOnce(on, job, options.signal);
      } catch (error) {
        if (!isSegmenterError(error, "EmbeddingNotFound")) throw error;
        await prepare(on, options.signal);
        return decodeOnce(on, job, options.signal);
      }
    },
  };
}

function jobOf(prompts: readonly Prompt[], { multimask = false, previous, context }: SegmentOptions): DecodeJob {
  const shared = { multimask, ...(context ? { context } : {}) };
  if (!previous) return { prompts, ...shared };
  if (previous.lowResLogits.length > 0) return { prompts, previous: previous.lowResLogits, ...shared };
  return { prompts: [...prompts, asMaskPrompt(previous)], ...shared };
}
