/** Reads files of unknown content in processes of their own. */
import { stat } from "node:fs/promises";
import { SegmenterError } from "../../core/errors.ts";
import type { ImageSource } from "../../core/image/source.ts";
import type { ExportRequest, ImageInfo } from "../../core/wire/index.ts";
import type { Provenance, SegmentValues, Target } from "../../formats/index.ts";
import type { Observe } from "../ops/events.ts";
import type { Limits } from "../ops/limits.ts";
import { entryBeside, startChild } from "../processes/child-handle.ts";
import { Lane } from "../processes/lane.ts";
import type { ImageRecord } from "./record.ts";

/** An image: its voxels go to `out`, little-endian, and the answer is its record. */
export interface ReadTask {
  readonly kind: "image";
  readonly paths: readonly string[];
  readonly out: string;
  /** Which image of the files; without it the one that is most likely meant. */
  readonly index?: number | undefined;
}

export interface ReadCall {
  /** Number of an image in the list of the files. */
  readonly index?: number | undefined;
  readonly signal?: AbortSignal;
}

/** About files, not their pixels: JSON of heads or of an `ImageList` goes to `out`, or a small PNG of the image in the middle. */
export interface SurveyTask {
  readonly kind: "heads" | "list" | "thumbnail";
  readonly paths: readonly string[];
  readonly out: string;
  /** Of a picture: pixels of the longer side at most. */
  readonly side?: number | undefined;
}

/** Segments for an image: they go to `out` as the JSON of an `ImportResult`. */
export interface ImportTask {
  readonly kind: "segments";
  readonly path: string;
  readonly target: Target;
  readonly out: string;
}

/** A result becomes a file at `out`; several files become a ZIP archive. */
export interface WriteTask {
  readonly kind: "file";
  readonly path: string;
  readonly out: string;
}

export type ReaderTask = ReadTask | ImportTask | WriteTask | SurveyTask;

/** What a process says when it has written `out`. */
export type ReaderAnswer =
  | { readonly kind: "image"; readonly record: ImageRecord }
  | { readonly kind: "written" }
  | ({ readonly kind: "file" } & WrittenFile);

export interface WrittenFile {
  readonly name: string;
  readonly type: string;
}

/** What a `WriteTask` finds at its `path`, as JSON. The source in it is patient data. */
export interface WriteOrder {
  readonly request: ExportRequest;
  readonly info: ImageInfo;
  readonly source?: ImageSource | undefined;
  readonly version: string;
  readonly model?: Provenance["model"];
  /** By segment of the request, for a report. */
  readonly values?: readonly (SegmentValues | null)[] | undefined;
  readonly at: string;
}

export interface ImageReader {
  /** Throws UnsupportedFormat, MalformedFile, TooLarge, InvalidRequest (no such image), DiskFull, Saturated, Cancelled. */
  read(paths: readonly string[], out: string, call?: ReadCall): Promise<ImageRecord>;
  /** Throws what `read` throws. */
  survey(task: SurveyTask, options?: { signal?: AbortSignal }): Promise<void>;
  /** Lays a file of segments on an image and writes an `ImportResult` to `out`. Throws DoesNotFit and what `read` throws. */
  readSegments(task: Omit<ImportTask, "kind">, options?: { signal?: AbortSignal }): Promise<void>;
  /** Writes a result as a file; `voxels` of its image, which most formats write all of, give it time. Throws CannotExport, TooLarge, DiskFull, Saturated, Cancelled. */
  write(
    task: Omit<WriteTask, "kind"> & { readonly voxels: number },
    options?: { signal?: AbortSignal },
  ): Promise<WrittenFile>;
  /** Starts processes before the first file comes. */
  warm(): void;
  close(): Promise<void>;
}

export interface ImageReaderOptions {
  readonly limits: Limits;
  /** Files that are read at the same time, those that take long aside. */
  readonly processes?: number;
  readonly observe?: Observe;
}

const MIB = 2 ** 20;
/** After this a run lets others go first: most files are read sooner. */
const YIELD_MS = 500;
/** Runs that gave up their place and still go on. */
const YIELDED = 4;
/** Started beside those that work, because a start costs more than most files do. */
const SPARE = 1;
/** What the start of a file costs, by and large. */
const HEAD_BYTES = 8 * 1024;
const HEAP_MIB = 1024;
const RETIREMENT = { idleMs: 60_000, residentBytes: 512 * MIB };

/**
 * Up to `processes` files are read at once, and a few more that have taken long: those run behind everything else, so that
 * a file made to cost much costs the others little. Time and memory are granted by the size of what was sent.
 */
export function createImageReader({ limits, processes = 2, observe }: ImageReaderOptions): ImageReader {
  const lane = new Lane<ReaderTask, ReaderAnswer>({
    name: "read",
    slots: processes + YIELDED,
    queue: limits.readQueueJobs,
    waitMs: limits.queueWaitMs,
    runMs: limits.readImageMs,
    memory: { totalBytes: limits.readImageBytes, what: "memory of the reader in bytes" },
    yielding: { afterMs: YIELD_MS, places: processes },
    retirement: RETIREMENT,
    spare: SPARE,
    attempts: 1,
    start: () =>
      startChild({
        name: "reading",
        entry: entryBeside(import.meta.url, "reader.child"),
        setup: limits,
        bare: true,
        heapMiB: HEAP_MIB,
      }),
    overdue: (ms) => new SegmenterError("TooLarge", { what: "reading time in ms", value: ms, limit: ms }),
    crashed: () =>
      new SegmenterError("MalformedFile", { format: "unknown", field: "file", reason: "the reader process stopped" }),
    ...(observe && { observe }),
  });
  const submit = async (task: ReaderTask, paths: readonly string[], { signal }: { signal?: AbortSignal } = {}) => {
    const run = (child: { run(task: ReaderTask): Promise<ReaderAnswer> }) => child.run(task);
    return (await lane.submit({ run, ...allowance(await bytesOf(paths), limits) }, { signal })).result;
  };
  return {
    async read(paths, out, { index, ...call } = {}) {
      const answer = await submit({ kind: "image", paths, out, index }, paths, call);
      if (answer.kind !== "image") throw new TypeError(`An image was answered as ${answer.kind}.`);
      return answer.record;
    },
    async survey(task, { signal } = {}) {
      if (task.kind !== "heads") return void (await submit(task, task.paths, { ...(signal && { signal }) }));
      const run = (child: { run(task: ReaderTask): Promise<ReaderAnswer> }) => child.run(task);
      await lane.submit({ run, ...allowance(task.paths.length * HEAD_BYTES, limits) }, { signal });
    },
    async readSegments(task, call) {
      await submit({ kind: "segments", ...task }, [task.path], call);
    },
    async write({ voxels, ...task }, { signal } = {}) {
      const run = (child: { run(task: ReaderTask): Promise<ReaderAnswer> }) => child.run({ kind: "file", ...task });
      const bytes = await bytesOf([task.path]);
      const { runMs } = allowance(bytes + voxels, limits);
      const { residentBytes } = allowance(bytes, limits);
      const { result: answer } = await lane.submit({ run, runMs, residentBytes }, { signal });
      if (answer.kind !== "file") throw new TypeError(`A file was answered as ${answer.kind}.`);
      return { name: answer.name, type: answer.type };
    },
    warm: () => lane.warm(processes + SPARE),
    close: () => lane.close({ graceMs: 0 }),
  };
}

/** Enough for the slowest codec on a busy machine, and for what the ratio of expansion allows. */
function allowance(bytes: number, { readImageMs, readImageBytes, expansionRatio }: Limits) {
  return {
    runMs: Math.min(readImageMs, 4000 + Math.ceil((bytes / MIB) * 4000)),
    residentBytes: Math.min(readImageBytes, 1024 * MIB + bytes * expansionRatio),
  };
}

async function bytesOf(paths: readonly string[]): Promise<number> {
  let total = 0;
  for (const path of paths) total += (await stat(path)).size;
  return total;
}
