/** WebGPU and WASM as the page sees them: a worker that may crash, hang or lose its device. */
import * as Comlink from "comlink";
import { type AnswerPort, answer, type DecodeOptions, type Named } from "../../core/annotation/answer.ts";
import { isSegmenterError } from "../../core/errors.ts";
import { maskBounds } from "../../core/mask/mask.ts";
import type { Crop, Manifest, Prompt, PromptContext } from "../../core/wire/index.ts";
import type { BackendName, CallOptions, Embedding, SegmentMask, SegmentOptions } from "../types.ts";
import { type Backend, type Masks, serially } from "./backend.ts";
import type { DecoderWorker, ReadFile, WorkerJob, WorkerSlice } from "./decoder.worker.ts";
import { createLifeline, type Lifeline } from "./lifeline.ts";
import { unwrap } from "./outcome.ts";
import { asMaskPrompt } from "./refine.ts";
import { wasmThreads } from "./wasm-threads.ts";

export interface WorkerBackendOptions {
  readonly backend: "webgpu" | "wasm";
  readonly manifest: Manifest;
  readonly worker: () => Worker;
  /** Where its script lies, as far as that is known. */
  readonly workerUrl?: string | undefined;
  readonly readFile: ReadFile;
  /** What the worker needs to prepare a slice; asked again when the slice was evicted. */
  readonly source: (on: Embedding, signal?: AbortSignal) => Promise<WorkerSlice>;
  /** What the server's vocabulary makes of a text. */
  readonly name: (text: string, on: Embedding, context: PromptContext | undefined) => Promise<Named | undefined>;
  /** Encodes a part of the same slice. */
  readonly encode: (on: Embedding, crop: Crop, call: CallOptions) => Promise<Embedding>;
  readonly cacheBytes: number;
  readonly mustBeFast: boolean;
  readonly startTimeoutMs: number;
}

/** Far above any decode; a worker that was killed for its memory tells nobody. */
const CALL_TIMEOUT_MS = 60_000;

/** Starts a worker and lets it check itself; rejects with the reason when it is not fit. */
export async function workerBackend(options: WorkerBackendOptions): Promise<Backend> {
  const { backend, manifest, cacheBytes, mustBeFast, startTimeoutMs } = options;
  const threads = wasmThreads();
  const worker = options.worker();
  const lifeline = watch(worker, options.workerUrl);
  const remote = Comlink.wrap<DecoderWorker>(worker);
  const close = () => {
    lifeline.cut("closed");
    remote[Comlink.releaseProxy](); // else Comlink keeps the worker, and with it all that listens to it
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
    return { name: backend, threads, note, ms, lost: lifeline.ended, ...answering(remote, lifeline, options), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A script that cannot be loaded says no reason: its event has no message. */
function watch(worker: Worker, url: string | undefined): Lifeline {
  const lifeline = createLifeline();
  const missing = url
    ? `its worker could not be loaded from ${url}: is it there, and may this page read it (CORS)?`
    : "its worker crashed, or could not be loaded: see `workerUrl`";
  worker.addEventListener("error", ({ message }) => lifeline.cut(message ? `its worker crashed: ${message}` : missing));
  worker.addEventListener("messageerror", () => lifeline.cut("its worker sent what cannot be read"));
  return lifeline;
}

interface Decoding {
  prepare: Backend["prepare"];
  decode(
    on: Embedding,
    job: WorkerJob,
    signal: AbortSignal | undefined,
  ): Promise<{ masks: Masks; presence?: number; ms: number }>;
}

/** The one answer path over this worker; only the time that the worker took is counted. */
function answering(
  remote: Comlink.Remote<DecoderWorker>,
  lifeline: Lifeline,
  options: WorkerBackendOptions,
): Pick<Backend, "prepare" | "answer"> {
  const { prepare, decode } = decoding(remote, lifeline, options);
  return {
    prepare,
    async answer(on, prompts, call) {
      let ms = 0;
      const port: AnswerPort<Embedding, SegmentMask> = {
        threshold: options.manifest.logits.threshold,
        name: (text, slice) => options.name(text, slice, call.context),
        embed: async (slice, crop) => {
          const near = await options.encode(slice, crop, call);
          await prepare(near, call.signal);
          return near;
        },
        decode: async (slice, given, asked) => {
          const decoded = await decode(slice, jobOf(given, asked, call), call.signal);
          ms += decoded.ms;
          return decoded;
        },
        boundsOf: maskBounds,
      };
      const previous = call.previous && { on: call.previous.on, mask: call.previous };
      const found = await answer(port, on, { prompts, ...askedOf(call), previous });
      const [best, ...rest] = found.masks;
      return { masks: [best, ...rest], ms };
    },
  };
}

const askedOf = ({ multimask = false, zoom = "auto" }: SegmentOptions) => ({ multimask, zoom });

function decoding(
  remote: Comlink.Remote<DecoderWorker>,
  { guard }: Lifeline,
  { backend, source }: WorkerBackendOptions,
): Decoding {
  const inTurn = serially();
  const prepare: Backend["prepare"] = async (on, signal) => {
    if (await guard(remote.touch(on.id), CALL_TIMEOUT_MS)) return;
    const slice = await source(on, signal);
    await inTurn(async () => unwrap(await guard(remote.prepare(on.id, slice), CALL_TIMEOUT_MS)), signal);
  };
  const decodeOnce = (on: Embedding, job: WorkerJob, signal: AbortSignal | undefined) =>
    inTurn(async () => {
      const begin = performance.now();
      const { masks, presence } = unwrap(await guard(remote.decode(on.id, job), CALL_TIMEOUT_MS));
      const shared = presence === undefined ? {} : { presence };
      const origin = { backend: backend satisfies BackendName, on, ...shared };
      const [best, ...rest] = masks.map((mask) => ({ ...mask, ...origin }));
      if (!best) throw new RangeError("The decoder gave no mask.");
      return { masks: [best, ...rest] satisfies Masks, ...shared, ms: performance.now() - begin };
    }, signal);
  return {
    prepare,
    decode: async (on, job, signal) => {
      try {
        return await decodeOnce(on, job, signal);
      } catch (error) {
        if (!isSegmenterError(error, "EmbeddingNotFound")) throw error;
        await prepare(on, signal);
        return decodeOnce(on, job, signal);
      }
    },
  };
}

/** Logits that were decoded on the server stay there: then the mask itself stands in for them. */
function jobOf(
  prompts: readonly Prompt[],
  { multimask, previous: logits }: DecodeOptions,
  { previous, context }: SegmentOptions,
): WorkerJob {
  const elsewhere = previous !== undefined && previous.lowResLogits.length === 0;
  return {
    prompts: elsewhere ? [...prompts, asMaskPrompt(previous)] : prompts,
    multimask,
    ...(logits ? { previous: logits } : {}),
    ...(context ? { context } : {}),
  };
}
