/** WADO-RS (PS3.18 10.4): every instance of a series as a file, in any transfer syntax, several at a time. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isSegmenterError, SegmenterError } from "../../../core/errors.ts";
import { boundaryOf, readParts } from "../../multipart/multipart.ts";
import type { Limits } from "../../ops/limits.ts";
import { type Call, listInstances, middleInstance, refusalOf, type Search } from "./search.ts";
import { failed, type UpstreamAnswer } from "./upstream.ts";

export interface Progress {
  /** Instances that have arrived. */
  readonly done: number;
  readonly total: number;
}

export interface Retrieval extends Call {
  readonly study: string;
  readonly series: string;
  /** An empty folder that takes the files. */
  readonly dir: string;
  /** One instance only, as a sample. */
  readonly middle?: boolean;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

type RetrieveLimits = Pick<Limits, "uploadBytes" | "uploadFiles" | "archiveRequests" | "archiveSeriesMs">;

const ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const TRIES = 3;
const PAUSE_MS = 200;

/**
 * Fetches a whole series; the paths are in the order of the instance numbers. An instance that fails is asked for again; one
 * that cannot be had fails the series, because a volume with a hole is a wrong volume.
 * Throws NotInArchive, ArchiveDenied, ArchiveFailed, ArchiveTimeout, TooLarge, Cancelled.
 */
export async function retrieveSeries(
  search: Search,
  { study, series, dir, middle = false, onProgress, token, signal }: Retrieval,
  limits: RetrieveLimits,
): Promise<string[]> {
  const stopped = new AbortController();
  const limit = setTimeout(
    () => stopped.abort(new SegmenterError("ArchiveTimeout", { what: "the series", limitMs: limits.archiveSeriesMs })),
    limits.archiveSeriesMs,
  );
  const call = { token, signal: AbortSignal.any([stopped.signal, ...(signal ? [signal] : [])]) };
  try {
    const one = middle ? await middleInstance(search, { study, series }, call) : undefined;
    const all = one ? [one] : await listInstances(search, { study, series, most: limits.uploadFiles }, call);
    const instances = middle ? all.slice(all.length >> 1, (all.length >> 1) + 1) : all;
    const budget = { left: limits.uploadBytes, limit: limits.uploadBytes };
    let done = 0;
    onProgress?.({ done, total: instances.length });
    const paths = instances.map((_, n) => join(dir, String(n).padStart(5, "0")));
    await inParallel(instances, limits.archiveRequests, stopped, async (instance, n) => {
      const url = `${search.archive.wadoRoot}/studies/${study}/series/${series}/instances/${instance}`;
      await retrying(() => retrieve(search, url, paths[n] ?? "", budget, call), call.signal);
      onProgress?.({ done: ++done, total: instances.length });
    });
    return paths;
  } catch (thrown) {
    throw stopped.signal.aborted && isSegmenterError(stopped.signal.reason) ? stopped.signal.reason : thrown;
  } finally {
    clearTimeout(limit);
  }
}

/** The first failure stops the others. */
async function inParallel<T>(
  items: readonly T[],
  width: number,
  stopped: AbortController,
  work: (item: T, n: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  const walk = async () => {
    for (const [n, item] of left) {
      if (stopped.signal.aborted) return;
      await work(item, n).catch((thrown) => {
        stopped.abort(thrown);
        throw thrown;
      });
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, walk));
  if (stopped.signal.aborted) throw stopped.signal.reason;
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function retrying(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      if (attempt === TRIES || signal.aborted || !mayPass(thrown)) throw thrown;
      await wait(PAUSE_MS * 2 ** attempt, undefined, { signal }).catch(() => Promise.reject(thrown));
    }
  }
}

/** A broken connection or a fault of the archive may pass; a refusal will not. */
function mayPass(thrown: unknown): boolean {
  if (isSegmenterError(thrown, "ArchiveTimeout")) return true;
  return isSegmenterError(thrown, "ArchiveFailed") && !isRefusal(thrown.detail.status);
}

const isRefusal = (status: number) => status >= 300 && status < 500 && status !== 429;

interface Budget {
  left: number;
  readonly limit: number;
}

async function retrieve({ upstream }: Search, url: string, path: string, budget: Budget, call: Call): Promise<void> {
  const answer = await upstream.send({ url, accept: ACCEPT, ...call });
  if (answer.status !== 200 && answer.status !== 206) {
    answer.discard();
    throw answer.status === 404 ? failed("an instance of its own list is not there", 404) : refusalOf(answer.status);
  }
  const before = budget.left;
  const file = await open(path, "w", 0o600);
  try {
    for await (const chunk of instanceOf(answer)) {
      budget.left -= chunk.byteLength;
      if (budget.left < 0)
        throw new SegmenterError("TooLarge", {
          what: "series in bytes",
          value: budget.limit - budget.left,
          limit: budget.limit,
        });
      await file.write(chunk);
    }
    if (budget.left === before) throw failed("it sent an empty instance", answer.status);
  } catch (thrown) {
    if (budget.left >= 0) budget.left = before; // bytes of a try that failed are written over
    throw thrown;
  } finally {
    answer.discard();
    await file.close();
  }
}

/** The one instance of an answer: of a multipart body its first part, or the body as it is. */
async function* instanceOf(answer: UpstreamAnswer): AsyncGenerator<Uint8Array> {
  const { type, body, status } = answer;
  if (/^application\/(?:dicom|octet-stream)\b/i.test(type)) return yield* body;
  const boundary = boundaryOf(type, "related");
  if (!boundary) {
    throw failed(
      /html/i.test(type) ? "it answers with a web page, perhaps a sign-in" : "its answer is not DICOM",
      status,
    );
  }
  let parts = 0;
  try {
    for await (const part of readParts(body, boundary)) if (parts++ === 0) yield* part.body;
  } catch (thrown) {
    throw isSegmenterError(thrown, "InvalidRequest") ? failed("its multipart answer is broken", 0, thrown) : thrown;
  }
  if (parts !== 1) throw failed(parts === 0 ? "its answer holds nothing" : "it sent more than was asked for", status);
}
