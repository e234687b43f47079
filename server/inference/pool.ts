/** The children that encode and decode, behind two queues. */
import { isSegmenterError } from "../../core/errors.ts";
import type { Slice } from "../../core/image/volume.ts";
import { sha256 } from "../disk/sha256.ts";
import type { ModelRegistry } from "../models/registry.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import type { ChildHandle } from "../processes/child-handle.ts";
import type { CallOptions, LaneStats } from "../processes/job.ts";
import { Lane } from "../processes/lane.ts";
import { shareCores, usableCores } from "./cores.ts";
import { type ChosenDevice, chooseDevice, type Device } from "./device.ts";
import { type EngineAt, engineAddress, refuseOtherEncoder } from "./oip.ts";
import type {
  ChildSetup,
  DecodeResult,
  DecodeSource,
  DecodeTask,
  EncodeResult,
  EncodeTask,
  HeatMapResult,
  HeatMapTask,
  InferResult,
  InferTask,
  Task,
  TaskResult,
} from "./protocol.ts";
import { startInference } from "./start.ts";

type Child = ChildHandle<Task, TaskResult>;
type InferenceLane = Lane<Task, TaskResult>;

export interface EncodeJob extends Omit<EncodeTask, "kind" | "slice"> {
  /** A function is asked when a child is free, so that a long queue holds no pixels. */
  readonly slice: Slice | (() => Promise<Slice>);
  /** Names the input where the caller knows a name, such as its cache key; otherwise the pixels are hashed. */
  readonly name?: string;
}

export interface HeatMapJob extends Omit<HeatMapTask, "kind" | "slice"> {
  readonly slice: () => Promise<Slice>;
  /** Of the slice and the phrase. */
  readonly name: string;
}

export type InferJob = Omit<InferTask, "kind">;

/** A decode and how to get at the slice, should the child not hold it. */
export interface DecodeJob extends Omit<DecodeTask, "kind" | "source"> {
  readonly load: () => Promise<DecodeSource>;
}

export interface InferencePool extends ChosenDevice {
  /** Rejects with Saturated, DeadlineExceeded, Cancelled, EncoderCrashed, EncoderOutputInvalid, ShuttingDown, ModelCorrupt. */
  encode(job: EncodeJob, options?: CallOptions): Promise<EncodeResult>;
  /** Rejects as `encode` does, with InvalidPrompt and UnsupportedPrompt, and with the error of `load`. */
  decode(job: DecodeJob, options?: CallOptions): Promise<DecodeResult>;
  /** Runs an encoder on what another server has preprocessed. Rejects as `encode` does. */
  infer(job: InferJob, options?: CallOptions): Promise<InferResult>;
  /** Looks for a phrase, in turn with the slices that are encoded. Rejects as `encode` does, and with UnknownTerm. */
  heatMap(job: HeatMapJob, options?: CallOptions): Promise<HeatMapResult>;
  /** `NoEncoder` while the engine elsewhere does not answer. */
  degraded(): readonly string[];
  stats(): PoolStats;
  /** Takes nothing new, finishes what was accepted within `graceMs`, ends the children. */
  close(options: { graceMs: number }): Promise<void>;
}

export interface PoolStats extends ChosenDevice {
  readonly encode: LaneStats;
  readonly decode: LaneStats;
}

export interface PoolLimits {
  readonly encodeQueueJobs: number;
  readonly decodeQueueJobs: number;
  readonly queueWaitMs: number;
  readonly encodeCpuMs: number;
  readonly encodeGpuMs: number;
  readonly decodeMs: number;
}

export interface InferencePoolOptions {
  readonly models: ModelRegistry;
  readonly device?: Device;
  /** An engine elsewhere that runs the encoder. */
  readonly encoder?: EngineAt | undefined;
  /** Children of each lane and threads of each child; by default shared out from the cores. */
  readonly encoders?: number;
  readonly decoders?: number;
  readonly threads?: number;
  readonly limits?: Partial<PoolLimits>;
  readonly observe?: Observe;
}

const LIMITS: PoolLimits = {
  encodeQueueJobs: 64,
  decodeQueueJobs: 256,
  queueWaitMs: 30_000,
  encodeCpuMs: 120_000,
  encodeGpuMs: 15_000,
  decodeMs: 10_000,
};
/** Requests that an engine elsewhere is sent at the same time, so that it has something to batch. */
const REMOTE_AT_ONCE = 4;
/** In all decoders together: prepared tensors of one slice take 4 to 8 MB. */
const PREPARED_SLICES = 24;

/**
 * Inference in child processes, because a run blocks its thread and nothing but SIGKILL stops it: one lane of children
 * encodes, another decodes, so that a click never waits behind a slice. Prompt decoding stays on the CPU.
 *
 * @example
 * const pool = await createInferencePool({ models: await loadModels(["models/default"]), device: "auto" });
 * const { tensors } = await pool.encode({ modelId, slice, window }, { signal });
 */
export async function createInferencePool(options: InferencePoolOptions): Promise<InferencePool> {
  const { models, device = "auto", observe = ignoreEvents } = options;
  const cores = usableCores();
  const chosen: ChosenDevice = options.encoder
    ? { device: "cpu", deviceReason: `slices are encoded by ${await engineOf(options.encoder, models)}` }
    : await chooseDevice(device, models.list(), options.threads ?? cores);
  const { encode, decode } = openLanes(options, chosen, cores);
  const engine = createPresence(options.encoder !== undefined);
  const submit = async <R extends InferResult>(modelId: string, work: Work<R>, call?: CallOptions): Promise<R> => {
    const { result, waitMs, ms } = await engine.watched(encode.submit(work, call));
    observe({ kind: "encode", modelId, ms, waitMs });
    return result;
  };
  return {
    ...chosen,
    encode({ name, ...job }, call) {
      const run = (child: Child) => encodeOn(child, job);
      return submit(job.modelId, { run, input: name ?? inputName(job) }, call);
    },
    async infer(job, call) {
      const run = async (child: Child) => asInferred(await child.run({ kind: "infer", ...job }));
      const { buffer, byteOffset, byteLength } = job.image;
      const input = sha256(job.modelId, new Uint8Array(buffer, byteOffset, byteLength));
      return submit(job.modelId, { run, input }, call);
    },
    async heatMap({ name, slice, ...job }, call) {
      const run = async (child: Child) =>
        asHeatMap(await child.run({ kind: "heat-map", ...job, slice: await slice() }));
      return (await encode.submit({ run, input: name }, call)).result;
    },
    degraded: () => engine.degraded(),
    async decode(job, call) {
      const run = (child: Child) => decodeOn(child, job);
      const work = { run, input: `${job.embeddingId} ${JSON.stringify(job.prompts)}`, affinity: job.embeddingId };
      const { result, waitMs, ms } = await decode.submit(work, call);
      observe({ kind: "decode", modelId: job.modelId, ms, waitMs });
      return result;
    },
    stats: () => ({ ...chosen, encode: encode.stats(), decode: decode.stats() }),
    async close(grace) {
      await Promise.all([encode.close(grace), decode.close(grace)]);
    },
  };
}

type Work<R> = { readonly run: (child: Child) => Promise<R>; readonly input: string };

/** The address that the first model's encoder has in an engine. Throws InvalidRequest. */
async function engineOf(at: EngineAt, models: ModelRegistry): Promise<string> {
  const { id, graphs } = models.get();
  const encoder = { id, digest: graphs.encoder.digest };
  await refuseOtherEncoder(at, encoder);
  return engineAddress(at.url, encoder);
}

/** Whether the last encode found its engine. */
function createPresence(isElsewhere: boolean) {
  let away = false;
  return {
    degraded: (): readonly string[] => (away ? ["NoEncoder"] : []),
    async watched<T>(work: Promise<T>): Promise<T> {
      try {
        const result = await work;
        away = false;
        return result;
      } catch (thrown) {
        if (isElsewhere && isSegmenterError(thrown, "EncoderCrashed")) away = true;
        throw thrown;
      }
    },
  };
}

function openLanes(
  options: InferencePoolOptions,
  { device }: ChosenDevice,
  cores: number,
): Record<"encode" | "decode", InferenceLane> {
  const { models, observe = ignoreEvents } = options;
  const share = shareCores(cores, device !== "cpu");
  const limits = { ...LIMITS, ...options.limits };
  const common = { waitMs: limits.queueWaitMs, observe };
  const decoders = options.decoders ?? share.decoders;
  const setup = { models: models.list(), preparedSlices: Math.ceil(PREPARED_SLICES / Math.max(1, decoders)) };
  const encoder: ChildSetup = {
    ...setup,
    provider: device,
    threads: options.threads ?? share.encoderThreads,
    preload: ["encoder"],
    remote: options.encoder,
  };
  const decoder: ChildSetup = {
    ...setup,
    provider: "cpu",
    threads: options.threads ?? share.decoderThreads,
    preload: ["decoder"],
  };
  return {
    encode: new Lane<Task, TaskResult>({
      ...common,
      name: "encode",
      queue: limits.encodeQueueJobs,
      slots: options.encoders ?? (options.encoder ? REMOTE_AT_ONCE : share.encoders),
      runMs: device === "cpu" ? limits.encodeCpuMs : limits.encodeGpuMs,
      start: () => startInference(encoder),
    }),
    decode: new Lane<Task, TaskResult>({
      ...common,
      name: "decode",
      queue: limits.decodeQueueJobs,
      slots: decoders,
      runMs: limits.decodeMs,
      start: () => startInference(decoder),
    }),
  };
}

async function encodeOn(child: Child, { slice, ...job }: EncodeJob): Promise<EncodeResult> {
  const pixels = typeof slice === "function" ? await slice() : slice;
  return asEncoded(await child.run({ kind: "encode", ...job, slice: pixels }));
}

/** First without the slice: the child mostly holds it. */
async function decodeOn(child: Child, { load, ...job }: DecodeJob): Promise<DecodeResult> {
  const task: Task = { kind: "decode", ...job };
  const first = await child.run(task);
  if (first !== "missing") return asDecoded(first);
  return asDecoded(await child.run({ ...task, source: await load() }));
}

function asEncoded(result: TaskResult): EncodeResult {
  if (typeof result === "object" && "transform" in result) return result;
  throw new Error("The child answered another task.");
}

function asInferred(result: TaskResult): InferResult {
  if (typeof result === "object" && "tensors" in result) return result;
  throw new Error("The child answered another task.");
}

function asHeatMap(result: TaskResult): HeatMapResult {
  if (typeof result === "object" && "values" in result) return result;
  throw new Error("The child answered another task.");
}

function asDecoded(result: TaskResult): DecodeResult {
  if (typeof result === "object" && "masks" in result) return result;
  throw new Error("The child answered another task.");
}

/** Names an input for the circuit breaker: pixels and how they are shown, never who they are of. */
function inputName({ modelId, slice, window, crop }: EncodeJob): string {
  if (typeof slice === "function") throw new RangeError("An encode job with a slice to be loaded needs a name.");
  const { buffer, byteOffset, byteLength } = slice.data;
  const shown = JSON.stringify([modelId, window, crop, slice.width, slice.height]);
  return sha256(shown, new Uint8Array(buffer, byteOffset, byteLength));
}
