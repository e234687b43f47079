/**
 * Volume jobs: a segment through a stack of slices, one job after the other. A job is named by its request, so that the
 * same request finds it again. Jobs are a cache like all else here: after a restart an unknown id is answered with
 * JobNotFound, and the same request makes the same job again from the embeddings that are kept.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import { scopeOf } from "../../core/text/candidates.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import { findPlaced } from "../../core/volume/steps.ts";
import type { Job, JobMask, JobPlace, JobState, PlaneInfo, Rle, SegmentationRequest } from "../../core/wire/index.ts";
import { sha256 } from "../disk/sha256.ts";
import { DEFAULT_LIMITS } from "../ops/limits.ts";
import type { EmbeddingService, SliceSource } from "./embeddings.ts";
import { measureSegment } from "./job-measurements.ts";
import { type JobRecords, tellOf } from "./job-records.ts";
import { masksOfVolume } from "./job-run.ts";
import { type MaskService, NOTICE } from "./masks.ts";

export interface JobService {
  /** The job of this request, new or known. Rejects with ImageNotFound, SliceNotFound, InvalidRequest, Saturated. */
  submit(imageId: Digest, request: SegmentationRequest): Promise<Job>;
  /** Does the job here and now, for a queue that decides when; resolves when it has ended. Rejects as `submit`. */
  run(imageId: Digest, request: SegmentationRequest): Promise<Job>;
  /** Rejects with JobNotFound. */
  get(jobId: Digest): Promise<Job>;
  /** Stops it within a slice; what it has found stays. Rejects with JobNotFound. */
  cancel(jobId: Digest): Promise<Job>;
  /** The job after each change until it has ended, or until the signal aborts. Throws JobNotFound. */
  watch(jobId: Digest, signal: AbortSignal): AsyncGenerator<Job>;
  /** Cancels what runs. */
  close(): Promise<void>;
}

export interface JobServiceOptions {
  readonly images: SliceSource;
  readonly masks: Pick<MaskService, "masks">;
  readonly embeddings?: Pick<EmbeddingService, "embed">;
  /** Names for `find`. */
  readonly vocabulary?: Pick<Vocabulary, "entries" | "resolve">;
  /** Jobs that may wait for their turn. */
  readonly queue?: number;
  /** Of the masks of ended jobs that are kept. */
  readonly keptBytes?: number;
  /** What all replicas see; without it a job is known to its own server alone. */
  readonly records?: JobRecords | undefined;
  /** Hands a job to the workers of a queue. False when the queue is away: the job is then done here. Rejects with Saturated. */
  readonly dispatch?: ((work: VolumeJob) => Promise<boolean>) | undefined;
}

/** A job as a queue carries it. */
export interface VolumeJob {
  readonly jobId: Digest;
  readonly imageId: Digest;
  readonly request: SegmentationRequest;
}

interface Running {
  job: Job;
  readonly request: SegmentationRequest;
  readonly stop: AbortController;
  readonly listeners: Set<() => void>;
}

/** How often a job of another replica is looked at. */
const LOOK_MS = 250;
const QUEUE = 20;
const COUNT_BYTES = 8;
const ENDED: readonly JobState[] = ["done", "failed", "cancelled"];

const bytesOf = ({ job }: Running): number =>
  1024 + job.segments.flatMap(({ masks }) => masks).reduce((sum, { rle }) => sum + COUNT_BYTES * rle.counts.length, 0);

export function createJobService(options: JobServiceOptions): JobService {
  const { queue = QUEUE, keptBytes = DEFAULT_LIMITS.jobMemoryBytes, records } = options;
  // The last job stays, however large: somebody waits for it.
  const sizeOf = (running: Running): number => Math.min(keptBytes, bytesOf(running));
  const ended = new LRUCache<Digest, Running>({ maxSize: keptBytes, sizeCalculation: sizeOf });
  const active = new Map<Digest, Running>();
  let turn: Promise<void> = Promise.resolve();

  const here = (jobId: Digest): Running | undefined => active.get(jobId) ?? ended.get(jobId);
  const find = async (jobId: Digest): Promise<Job> => {
    const found = here(jobId)?.job ?? (await records?.find(jobId));
    if (!found) throw new SegmenterError("JobNotFound", { jobId });
    return found;
  };
  const finish = (running: Running) => {
    const { jobId } = running.job;
    if (active.get(jobId) !== running) return; // cancelled, and asked for again since
    active.delete(jobId);
    ended.set(jobId, running);
  };
  const run = async (running: Running) => {
    const telling = tellOf(records, () => running.job, running.stop.abort.bind(running.stop));
    running.listeners.add(telling.changed);
    await runJob(options, running);
    finish(running);
    await telling.end();
  };
  const begin = (job: Job, request: SegmentationRequest): { running: Running; done: Promise<void> } => {
    const running = { job, request, stop: new AbortController(), listeners: new Set<() => void>() };
    ended.delete(job.jobId);
    active.set(job.jobId, running);
    turn = turn.then(() => run(running));
    return { running, done: turn };
  };
  return {
    async submit(imageId, request) {
      const jobId = jobIdOf(imageId, request);
      const known = here(jobId)?.job ?? (await records?.find(jobId));
      if (known && isOfUse(known)) return known;
      const job = await queued(options, { jobId, imageId, request });
      await records?.tell(job);
      if (await options.dispatch?.({ jobId, imageId, request })) return job;
      const meanwhile = active.get(jobId)?.job; // an equal request may have been quicker
      if (meanwhile && isOfUse(meanwhile)) return meanwhile;
      if (active.size > queue) throw new SegmenterError("Saturated", { retryAfterS: 10 });
      return begin(job, request).running.job;
    },
    async run(imageId, request) {
      const jobId = jobIdOf(imageId, request);
      const job = await queued(options, { jobId, imageId, request });
      const { running, done } = begin(job, request);
      await done;
      return running.job;
    },
    get: find,
    async cancel(jobId) {
      const running = here(jobId);
      const job = running?.job ?? (await find(jobId));
      if (hasEnded(job)) return job;
      if (!running) {
        await records?.requestStop(jobId);
        return { ...job, state: "cancelled" };
      }
      running.stop.abort();
      change(running, { state: "cancelled" });
      return running.job;
    },
    async *watch(jobId, signal) {
      const running = here(jobId);
      if (running) yield* watch(running, signal);
      else yield* look(() => find(jobId), signal);
    },
    async close() {
      for (const { stop } of active.values()) stop.abort();
      await turn;
    },
  };
}

const jobIdOf = (imageId: Digest, request: SegmentationRequest): Digest =>
  sha256(JSON.stringify(["job", imageId, request]));

const hasEnded = ({ state }: Job): boolean => ENDED.includes(state);

/** Done or on its way; one that failed or was cancelled is done anew. */
const isOfUse = (job: Job): boolean => job.state === "done" || !hasEnded(job);

async function queued({ images, vocabulary }: JobServiceOptions, { jobId, imageId, request }: VolumeJob): Promise<Job> {
  const { plane, prompts, masks, text, find, where, propagate, context } = request;
  const image = await images.get(imageId);
  if (!image) throw new SegmenterError("ImageNotFound", { imageId });
  if ([prompts ?? masks, text, find].filter((given) => given !== undefined).length !== 1)
    throw new SegmenterError("InvalidRequest", { reason: "expected either prompts and masks, or text, or find" });
  if ((text ?? find) !== undefined && !propagate)
    throw new SegmenterError("InvalidRequest", { reason: "a name needs the slices to look at", path: "propagate" });
  if (where && text === undefined)
    throw new SegmenterError("InvalidRequest", { reason: "expected the text of a name", path: "where" });
  if (where && vocabulary) findPlaced(vocabulary, text ?? "", scopeOf(image, context));
  if (propagate && propagate.to < propagate.from)
    throw new SegmenterError("InvalidRequest", { reason: "from is after to", path: "propagate" });
  const settled = [...(prompts ?? []), ...(masks ?? [])].map(({ slice }) => slice);
  const slices = [...settled, ...(propagate ? [propagate.from, propagate.to] : [])];
  for (const slice of slices) planeOf(image, plane, slice);
  for (const { slice, rle } of masks ?? []) checkSize(rle, planeOf(image, plane, slice));
  const total = propagate ? propagate.to - propagate.from + 1 : new Set(slices).size;
  const segments = find ? [] : [{ name: text ?? "Segment 1", masks: [] }];
  return { jobId, imageId, plane, state: "queued", progress: { done: 0, total }, segments, notice: NOTICE };
}

function checkSize({ size: [height, width] }: Rle, stack: PlaneInfo): void {
  if (width === stack.width && height === stack.height) return;
  const reason = `expected masks of ${stack.height} × ${stack.width}, got ${height} × ${width}`;
  throw new SegmenterError("InvalidRequest", { reason, path: "masks" });
}

function change(running: Running, fields: Partial<Job>): void {
  running.job = { ...running.job, ...fields };
  for (const listener of running.listeners) listener();
}

async function runJob(options: JobServiceOptions, running: Running): Promise<void> {
  const { request, stop } = running;
  const { imageId } = running.job;
  if (stop.signal.aborted) return;
  change(running, { state: "running" });
  try {
    for await (const { mask, place, done } of masksOfVolume(options, { imageId, request, signal: stop.signal })) {
      if (stop.signal.aborted) return;
      const { progress, segments } = running.job;
      const found = place ? withPlace(segments, place) : mask ? withMask(segments, mask) : segments;
      change(running, { progress: { ...progress, done }, segments: found });
    }
    const segments = await measured(options, running.job);
    const { total } = running.job.progress;
    change(running, { state: "done", progress: { done: total, total }, segments });
  } catch (thrown) {
    if (!stop.signal.aborted) change(running, { state: "failed", problem: problemOf(thrown) });
  } finally {
    if (stop.signal.aborted) change(running, { state: "cancelled" });
  }
}

async function measured({ images }: JobServiceOptions, job: Job): Promise<Job["segments"]> {
  const segments: Job["segments"] = [];
  for (const segment of job.segments)
    segments.push(
      segment.where ? segment : { ...segment, measurements: await measureSegment(images, job, segment.masks) },
    );
  return segments;
}

/** Into the segment of its name, which is made where it is new; a mask without a name is of the only segment. */
function withMask(segments: Job["segments"], mask: JobMask): Job["segments"] {
  const name = mask.name ?? segments[0]?.name ?? "";
  const known = segments.some((segment) => segment.name === name) ? segments : [...segments, { name, masks: [] }];
  return known.map((segment) => {
    if (segment.name !== name) return segment;
    const others = segment.masks.filter(({ slice }) => slice !== mask.slice);
    return { ...segment, masks: [...others, mask].toSorted((a, b) => a.slice - b.slice) };
  });
}

/** A job that asks where has one segment. */
const withPlace = (segments: Job["segments"], place: JobPlace): Job["segments"] =>
  segments.map((segment) => ({ ...segment, where: [...(segment.where ?? []), place] }));

function problemOf(thrown: unknown): NonNullable<Job["problem"]> {
  if (isSegmenterError(thrown)) return { code: thrown.code, info: { ...thrown.detail } };
  return { code: "InternalError", info: { name: toError(thrown).name } };
}

async function* watch(running: Running, signal: AbortSignal): AsyncGenerator<Job> {
  while (!signal.aborted) {
    const { job } = running;
    yield job;
    if (hasEnded(job)) return;
    if (running.job === job) await changed(running, signal);
  }
}

/** A job that another replica runs. Throws JobNotFound when that one was lost. */
async function* look(find: () => Promise<Job>, signal: AbortSignal): AsyncGenerator<Job> {
  let told = "";
  while (!signal.aborted) {
    const job = await find();
    const text = JSON.stringify([job.state, job.progress]);
    if (text !== told) yield job;
    told = text;
    if (hasEnded(job)) return;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {}); // the loop sees the abort
  }
}

function changed({ listeners }: Running, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      listeners.delete(wake);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    listeners.add(wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}
