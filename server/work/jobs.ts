/**
 * Volume jobs: a segment through a stack of slices, one job after the other. A job is named by its request, so that the
 * same request finds it again. Jobs are a cache like all else here: after a restart an unknown id is answered with
 * JobNotFound, and the same request makes the same job again from the embeddings that are kept.
 */
import { LRUCache } from "lru-cache";
import type { Digest } from "../../core/digest.ts";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import type { Job, JobMask, JobState, PlaneInfo, Rle, SegmentationRequest } from "../../core/wire/index.ts";
import { sha256 } from "../disk/sha256.ts";
import type { SliceSource } from "./embeddings.ts";
import { measureSegment } from "./job-measurements.ts";
import { masksOfVolume } from "./job-run.ts";
import { type MaskService, NOTICE } from "./masks.ts";

export interface JobService {
  /** The job of this request, new or known. Throws ImageNotFound, SliceNotFound, InvalidRequest, Saturated. */
  submit(imageId: Digest, request: SegmentationRequest): Job;
  /** Throws JobNotFound. */
  get(jobId: Digest): Job;
  /** Stops it within a slice; what it has found stays. Throws JobNotFound. */
  cancel(jobId: Digest): Job;
  /** The job after each change until it has ended, or until the signal aborts. Throws JobNotFound. */
  watch(jobId: Digest, signal: AbortSignal): AsyncGenerator<Job>;
  /** Cancels what runs. */
  close(): Promise<void>;
}

export interface JobServiceOptions {
  readonly images: SliceSource;
  readonly masks: Pick<MaskService, "masks">;
  /** Jobs that may wait for their turn. */
  readonly queue?: number;
  /** Of the masks of ended jobs that are kept. */
  readonly keptBytes?: number;
}

interface Running {
  job: Job;
  readonly request: SegmentationRequest;
  readonly stop: AbortController;
  readonly listeners: Set<() => void>;
}

const QUEUE = 20;
const KEPT_BYTES = 128 * 2 ** 20;
const COUNT_BYTES = 8;
const ENDED: readonly JobState[] = ["done", "failed", "cancelled"];

const bytesOf = ({ job }: Running): number =>
  1024 + job.segments.flatMap(({ masks }) => masks).reduce((sum, { rle }) => sum + COUNT_BYTES * rle.counts.length, 0);

export function createJobService(options: JobServiceOptions): JobService {
  const { queue = QUEUE, keptBytes = KEPT_BYTES } = options;
  const ended = new LRUCache<Digest, Running>({ maxSize: keptBytes, sizeCalculation: bytesOf });
  const active = new Map<Digest, Running>();
  let turn: Promise<void> = Promise.resolve();

  const find = (jobId: Digest): Running => {
    const found = active.get(jobId) ?? ended.get(jobId);
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
    await runJob(options, running);
    finish(running);
  };
  return {
    submit(imageId, request) {
      const jobId = sha256(JSON.stringify(["job", imageId, request]));
      const known = active.get(jobId) ?? ended.get(jobId);
      if (known && (known.job.state === "done" || !ENDED.includes(known.job.state))) return known.job;
      if (active.size > queue) throw new SegmenterError("Saturated", { retryAfterS: 10 });
      const job = queued(options, { jobId, imageId, request });
      const running = { job, request, stop: new AbortController(), listeners: new Set<() => void>() };
      ended.delete(jobId);
      active.set(jobId, running);
      turn = turn.then(() => run(running));
      return job;
    },
    get: (jobId) => find(jobId).job,
    cancel(jobId) {
      const running = find(jobId);
      if (ENDED.includes(running.job.state)) return running.job;
      running.stop.abort();
      change(running, { state: "cancelled" });
      return running.job;
    },
    watch: (jobId, signal) => watch(find(jobId), signal),
    async close() {
      for (const { stop } of active.values()) stop.abort();
      await turn;
    },
  };
}

function queued(
  { images }: JobServiceOptions,
  { jobId, imageId, request }: { jobId: Digest; imageId: Digest; request: SegmentationRequest },
): Job {
  const { plane, prompts, masks, text, propagate } = request;
  const image = images.get(imageId);
  if (!image) throw new SegmenterError("ImageNotFound", { imageId });
  if ((prompts === undefined && masks === undefined) === (text === undefined))
    throw new SegmenterError("InvalidRequest", { reason: "expected either prompts and masks, or text" });
  if (text !== undefined && !propagate)
    throw new SegmenterError("InvalidRequest", { reason: "a text needs the slices to look at", path: "propagate" });
  if (propagate && propagate.to < propagate.from)
    throw new SegmenterError("InvalidRequest", { reason: "from is after to", path: "propagate" });
  const settled = [...(prompts ?? []), ...(masks ?? [])].map(({ slice }) => slice);
  const slices = [...settled, ...(propagate ? [propagate.from, propagate.to] : [])];
  for (const slice of slices) planeOf(image, plane, slice);
  for (const { slice, rle } of masks ?? []) checkSize(rle, planeOf(image, plane, slice));
  const total = propagate ? propagate.to - propagate.from + 1 : new Set(slices).size;
  const segments = [{ name: text ?? "Segment 1", masks: [] }];
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
    for await (const { mask, done } of masksOfVolume(options, { imageId, request, signal: stop.signal })) {
      if (stop.signal.aborted) return;
      const { progress, segments } = running.job;
      change(running, { progress: { ...progress, done }, segments: mask ? withMask(segments, mask) : segments });
    }
    const [segment] = running.job.segments;
    const measurements = await measureSegment(options.images, running.job, segment.masks);
    const { total } = running.job.progress;
    change(running, { state: "done", progress: { done: total, total }, segments: [{ ...segment, measurements }] });
  } catch (thrown) {
    if (!stop.signal.aborted) change(running, { state: "failed", problem: problemOf(thrown) });
  }
}

function withMask([segment]: Job["segments"], mask: JobMask): Job["segments"] {
  const others = segment.masks.filter(({ slice }) => slice !== mask.slice);
  return [{ ...segment, masks: [...others, mask].toSorted((a, b) => a.slice - b.slice) }];
}

function problemOf(thrown: unknown): NonNullable<Job["problem"]> {
  if (isSegmenterError(thrown)) return { code: thrown.code, info: { ...thrown.detail } };
  return { code: "InternalError", info: { name: toError(thrown).name } };
}

async function* watch(running: Running, signal: AbortSignal): AsyncGenerator<Job> {
  while (!signal.aborted) {
    const { job } = running;
    yield job;
    if (ENDED.includes(job.state)) return;
    if (running.job === job) await changed(running, signal);
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
