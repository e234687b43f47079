/** Frames of an image decoded on several threads of the reading process. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Deferred, deferred } from "../../core/deferred.ts";
import { type PackedError, unpackError } from "../../core/packed-error.ts";
import type { CodecName, Decoded, DecodePool } from "../../formats/index.ts";

export interface DecodeTask {
  readonly id: number;
  readonly name: CodecName;
  readonly encoded: Uint8Array;
}

export type DecodeAnswer = { readonly id: number } & ({ readonly decoded: Decoded } | { readonly error: PackedError });

/** Others want cores too. */
const MOST_THREADS = 4;
/** Given to a thread before it has answered, so that it never waits. */
const AHEAD = 2;

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Deferred<Decoded>>;
}

/** Threads start with the first frame and live as long as the process. Their memory and time are its own. */
export function createDecodePool(entry: URL): DecodePool {
  const most = Math.min(MOST_THREADS, availableParallelism());
  const threads: Thread[] = [];
  let lastId = 0;
  const forget = (thread: Thread, error: Error) => {
    const at = threads.indexOf(thread);
    if (at >= 0) threads.splice(at, 1);
    for (const { reject } of thread.waiting.values()) reject(error);
  };
  const start = (): Thread => {
    const thread = { worker: startWorker(entry), waiting: new Map<number, Deferred<Decoded>>() };
    thread.worker.unref();
    thread.worker.on("message", (answer: DecodeAnswer) => settle(thread, answer));
    thread.worker.on("error", (error) => forget(thread, error));
    threads.push(thread);
    return thread;
  };
  const freest = (): Thread => {
    const [least] = threads.toSorted((a, b) => a.waiting.size - b.waiting.size);
    return least && (least.waiting.size === 0 || threads.length >= most) ? least : start();
  };
  return {
    atOnce: AHEAD * most,
    decode(name, encoded) {
      const { worker, waiting } = freest();
      const answer = deferred<Decoded>();
      const id = ++lastId;
      const own = encoded.slice(); // a view would take the whole file along
      waiting.set(id, answer);
      worker.ref();
      worker.postMessage({ id, name, encoded: own } satisfies DecodeTask, [own.buffer]);
      return answer.promise;
    },
  };
}

/** From source the loader of TypeScript comes first: threads do not inherit that of their process. */
function startWorker(entry: URL): Worker {
  if (!entry.pathname.endsWith(".ts")) return new Worker(entry);
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(entry.href)}); });`;
  return new Worker(load, { eval: true });
}

function settle({ worker, waiting }: Thread, answer: DecodeAnswer): void {
  const asked = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (waiting.size === 0) worker.unref();
  if ("decoded" in answer) asked?.resolve(answer.decoded);
  else asked?.reject(unpackError(answer.error));
}
