import { type ChildProcess, execFile, fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type ErrorCode, type ErrorDetail, SegmenterError } from "../../core/errors.ts";
import type { Limits } from "../ops/limits.ts";
import type { StoredHeader } from "./header.ts";

export interface ReadJob {
  readonly paths: readonly string[];
  /** Where the voxels go, little-endian. */
  readonly out: string;
  readonly limits: Limits;
}

export type ReadAnswer =
  | { readonly ok: true; readonly header: StoredHeader }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: ErrorDetail[ErrorCode] };

/** Reads files of unknown content in processes of their own. */
export interface ImageReader {
  /** Throws UnsupportedFormat, MalformedFile, TooLarge, DiskFull, Cancelled. */
  read(paths: readonly string[], out: string, options?: { signal?: AbortSignal }): Promise<StoredHeader>;
  close(): void;
}

const RSS_POLL_MS = 50;
const IDLE_MS = 60_000;
/** A child that has grown this far is not used again. */
const RETIRE_BYTES = 512 * 2 ** 20;
const HEAP_MIB = 1024;

interface Slot {
  child: ChildProcess | undefined;
  busy: Promise<unknown>;
  waiting: number;
  idle?: NodeJS.Timeout;
}

/** Up to `processes` children, started when first needed, killed on time, memory or a lost client, and after a minute of rest. */
export function createImageReader({ limits, processes = 2 }: { limits: Limits; processes?: number }): ImageReader {
  const slots: Slot[] = Array.from({ length: processes }, () => ({
    child: undefined,
    busy: Promise.resolve(),
    waiting: 0,
  }));

  const run = async (slot: Slot, job: ReadJob, signal: AbortSignal | undefined): Promise<StoredHeader> => {
    if (signal?.aborted) throw new SegmenterError("Cancelled", { what: "reading an image" });
    clearTimeout(slot.idle);
    slot.child ??= startChild();
    const { child } = slot;
    child.ref();
    child.channel?.ref();
    try {
      return await guarded(child, job, signal);
    } finally {
      if (!isUsable(child) || (await rssOf(child)) > RETIRE_BYTES) discard(slot);
      else rest(slot, child);
    }
  };
  return {
    read(paths, out, { signal } = {}) {
      const slot = slots.reduce((a, b) => (b.waiting < a.waiting ? b : a));
      slot.waiting++;
      const turn = slot.busy.then(() => run(slot, { paths, out, limits }, signal));
      slot.busy = turn.catch(() => {}).finally(() => slot.waiting--);
      return turn;
    },
    close() {
      for (const slot of slots) discard(slot);
    },
  };
}

/** Source runs under tsx, the build runs as it is. The child inherits no environment but the search path. */
function startChild(): ChildProcess {
  const source = import.meta.url.endsWith(".ts");
  const path = fileURLToPath(new URL(source ? "./reader.child.ts" : "./reader.child.js", import.meta.url));
  const loader = source ? ["--import", "tsx"] : [];
  const { PATH = "" } = process.env;
  return fork(path, {
    execArgv: [...loader, `--max-old-space-size=${HEAP_MIB}`],
    env: { PATH },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}

const isUsable = (child: ChildProcess): boolean => child.connected && child.exitCode === null && !child.killed;

function discard(slot: Slot): void {
  clearTimeout(slot.idle);
  slot.child?.kill("SIGKILL");
  slot.child = undefined;
}

/** An idle child keeps neither the process alive nor its memory for long. */
function rest(slot: Slot, child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  slot.idle = setTimeout(() => discard(slot), IDLE_MS).unref();
}

/** One job under a deadline, a memory cap and the client's signal; whichever comes first kills the child. */
async function guarded(child: ChildProcess, job: ReadJob, signal: AbortSignal | undefined): Promise<StoredHeader> {
  const { readImageMs, readImageBytes } = job.limits;
  let failure: SegmenterError | undefined;
  const kill = (error: SegmenterError) => {
    failure ??= error;
    child.kill("SIGKILL");
  };
  const tooLarge = (what: string, value: number, limit: number) =>
    new SegmenterError("TooLarge", { what, value, limit });
  const deadline = setTimeout(() => kill(tooLarge("reading time in ms", readImageMs, readImageMs)), readImageMs);
  const memory = setInterval(async () => {
    const rss = await rssOf(child);
    if (rss > readImageBytes) kill(tooLarge("memory of the reader in bytes", rss, readImageBytes));
  }, RSS_POLL_MS);
  const leave = () => kill(new SegmenterError("Cancelled", { what: "reading an image" }));
  signal?.addEventListener("abort", leave, { once: true });
  try {
    const answer = await ask(child, job);
    if (answer.ok) return answer.header;
    throw new SegmenterError(answer.code, answer.detail);
  } catch (thrown) {
    throw failure ?? thrown;
  } finally {
    clearTimeout(deadline);
    clearInterval(memory);
    signal?.removeEventListener("abort", leave);
  }
}

function ask(child: ChildProcess, job: ReadJob): Promise<ReadAnswer> {
  return new Promise((resolve, reject) => {
    const died = () =>
      reject(
        new SegmenterError("MalformedFile", { format: "unknown", field: "file", reason: "the reader process stopped" }),
      );
    const answered = (message: ReadAnswer | "ready") => {
      if (message === "ready") return;
      child.off("message", answered);
      child.off("exit", died);
      resolve(message);
    };
    child.on("message", answered);
    child.once("exit", died);
    child.send(job, (error) => {
      if (error) died();
    });
  });
}

/** Resident bytes of a process: /proc where there is one, else `ps`; 0 when it is gone. */
async function rssOf({ pid }: ChildProcess): Promise<number> {
  if (pid === undefined) return 0;
  if (process.platform === "linux") {
    const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  }
  const listed = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({ stdout: "0" }));
  return Number(listed.stdout.trim()) * 1024;
}
