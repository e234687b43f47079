/** The server's side of one child process. */
import { type ChildProcess, fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { type Deferred, deferred } from "../../core/deferred.ts";
import { unpackError } from "../../core/packed-error.ts";
import type { FromChild, ToChild } from "./messages.ts";
import { residentBytes } from "./resident.ts";

/** The process ended before it answered. */
export class ChildDied extends Error {
  override readonly name = "ChildDied";
}

/** The process had ended before a task was given to it: whoever killed others may have killed it, and the task did not. */
export class IdleChildDied extends ChildDied {}

/** One child process. Every promise of it settles when the process ends. */
export interface ChildHandle<Task, Result> {
  readonly pid: number | undefined;
  /** Rejects with ChildDied. */
  readonly ready: Promise<void>;
  /** Resolves once, when the process is gone. */
  readonly died: Promise<ChildDied>;
  /** Rejects with the task's own error or with ChildDied. */
  run(task: Task): Promise<Result>;
  /** Resolves when the child's event loop answered. */
  ping(): Promise<void>;
  /** Resolves when the child's event loop answered, and rejects with IdleChildDied when there is no child any more. */
  alive(): Promise<void>;
  /** Memory that the process holds now; 0 when it is gone. */
  residentBytes(): Promise<number>;
  /** Lets every other process go first from now on. It cannot be taken back. */
  yieldCores(): void;
  /** Whether the child keeps this process alive. */
  hold(wanted: boolean): void;
  /** SIGKILL: nothing else stops a run (onnxruntime#23703). */
  kill(): void;
}

export interface ChildSpec<Setup> {
  /** Its words in an error: "inference". */
  readonly name: string;
  /** Module that calls `serveTasks`, see `entryBeside`. */
  readonly entry: URL;
  readonly setup: Setup;
  /** For what looks at untrusted bytes: no environment but the search path, and its last words are not read. */
  readonly bare?: boolean;
  /** Limit of the JavaScript heap; buffers lie outside of it. */
  readonly heapMiB?: number;
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
}

const STDERR_KEPT = 2048;
/** Of 19: others get three times as much of a busy core. */
const YIELDING = 5;

/** The entry `name` in the folder of a module: TypeScript when that module is source, JavaScript after the build. */
export const entryBeside = (moduleUrl: string, name: string): URL =>
  new URL(`./${name}${moduleUrl.endsWith(".ts") ? ".ts" : ".js"}`, moduleUrl);

/** Starts a child and sends it its setup. */
export function startChild<Setup, Task, Result>(spec: ChildSpec<Setup>): ChildHandle<Task, Result> {
  const child = forkEntry(spec);
  const lastWords = keepTail(child);
  const link = connect<Setup, Task, Result>(child);
  const died = new Promise<ChildDied>((resolve) => {
    const end = (how: string) =>
      resolve(new ChildDied(`The ${spec.name} process ended: ${how}. ${lastWords()}`.trim()));
    child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    child.once("error", (error) => end(error.message));
  });
  died.then(link.rejectAll);
  link.send({ kind: "setup", setup: spec.setup });
  return {
    pid: child.pid,
    ready: link.ready,
    died,
    run: link.run,
    ping: link.ping,
    alive: () => Promise.race([link.ping(), died.then(({ message }) => Promise.reject(new IdleChildDied(message)))]),
    residentBytes: () => residentBytes(child.pid),
    yieldCores: () => yieldCores(child.pid),
    hold(wanted) {
      if (wanted) child.ref();
      else child.unref();
      child.channel?.[wanted ? "ref" : "unref"]();
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Questions and answers over the channel of a child. */
function connect<Setup, Task, Result>(child: ChildProcess) {
  const ready = quiet(deferred<void>());
  const answers = new Map<number, Deferred<Result>>();
  const pongs = new Set<() => void>();
  let end: Error | undefined;
  let lastId = 0;
  const send = (message: ToChild<Setup, Task>): void => {
    if (child.connected) child.send(message, () => {}); // a failed write is followed by the exit event
  };
  child.on("message", (message: FromChild<Result>) => receive(message, ready, answers, pongs));
  return {
    send,
    ready: ready.promise,
    rejectAll(error: Error): void {
      end = error;
      for (const { reject } of [ready, ...answers.values()]) reject(error);
      answers.clear();
    },
    run(task: Task): Promise<Result> {
      if (end) return Promise.reject(end);
      const answer = quiet(deferred<Result>());
      answers.set(++lastId, answer);
      send({ kind: "task", id: lastId, task });
      return answer.promise;
    },
    ping: () =>
      new Promise<void>((resolve) => {
        pongs.add(resolve);
        send({ kind: "ping" });
      }),
  };
}

/** A rejection that nobody waits for is no crash. */
function quiet<T>(waiting: Deferred<T>): Deferred<T> {
  waiting.promise.catch(() => {});
  return waiting;
}

function receive<Result>(
  message: FromChild<Result>,
  ready: Deferred<void>,
  answers: Map<number, Deferred<Result>>,
  pongs: Set<() => void>,
): void {
  switch (message.kind) {
    case "ready":
      ready.resolve();
      break;
    case "pong":
      for (const resolve of pongs) resolve();
      pongs.clear();
      break;
    case "done":
      answers.get(message.id)?.resolve(message.result);
      answers.delete(message.id);
      break;
    case "failed":
      answers.get(message.id)?.reject(unpackError(message.error));
      answers.delete(message.id);
      break;
    default:
      message satisfies never;
  }
}

/** The working directory is the entry's folder, so that `tsx` resolves wherever the server was started. */
function forkEntry({ entry, bare = false, heapMiB, nodeOptions = [] }: ChildSpec<unknown>): ChildProcess {
  const loader = entry.pathname.endsWith(".ts") ? ["--import", "tsx/esm"] : [];
  const { PATH = "" } = process.env;
  return fork(entry, [], {
    execArgv: [...loader, ...nodeOptions, ...(heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`])],
    cwd: fileURLToPath(new URL(".", entry)),
    serialization: "advanced",
    stdio: ["ignore", "ignore", bare ? "ignore" : "pipe", "ipc"],
    ...(bare ? { env: { PATH } } : {}),
  });
}

/** The last words of a process, for the error that tells of its end. */
function keepTail({ stderr }: ChildProcess): () => string {
  let text = "";
  stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-STDERR_KEPT);
  });
  return () => text.trim();
}

/** Linux keeps a priority for each thread; what starts later has that of the thread that starts it. */
function yieldCores(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const thread of threadsOf(pid)) {
    try {
      setPriority(thread, YIELDING);
    } catch {
      // it has just ended
    }
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid]; // no Linux: the priority is that of the process
  }
}
