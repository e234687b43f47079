import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type ChildSetup, type FromChild, type Task, type TaskResult, type ToChild, unpackError } from "./protocol.ts";

/** The process ended before it answered. */
export class ChildDied extends Error {
  override readonly name = "ChildDied";
}

/** One inference process. Every promise of it settles when the process ends. */
export interface ChildHandle {
  readonly pid: number | undefined;
  /** Rejects with ChildDied. */
  readonly ready: Promise<void>;
  /** Resolves once, when the process is gone. */
  readonly died: Promise<ChildDied>;
  /** Rejects with the task's own error or with ChildDied. */
  run(task: Task): Promise<TaskResult>;
  /** Resolves when the child's event loop answered. */
  ping(): Promise<void>;
  /** SIGKILL: nothing else stops a run (onnxruntime#23703). */
  kill(): void;
}

const STDERR_KEPT = 2048;

/** Starts a child: the TypeScript source through tsx when this file is source, plain JavaScript after the build. */
export function startChild(setup: ChildSetup): ChildHandle {
  const child = forkEntry();
  const stderr = keepTail(child);
  const answers = new Map<number, Deferred<TaskResult>>();
  const pongs = new Set<() => void>();
  const ready = deferred<void>();
  const died = new Promise<ChildDied>((resolve) => {
    const end = (how: string) => resolve(new ChildDied(`The inference process ended: ${how}. ${stderr()}`.trim()));
    child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    child.once("error", (error) => end(error.message));
  });
  died.then((error) => {
    for (const { reject } of [ready, ...answers.values()]) reject(error);
    answers.clear();
  });
  child.on("message", (message: FromChild) => receive(message, ready, answers, pongs));
  const send = (message: ToChild): void => {
    if (child.connected) child.send(message, () => {}); // a failed write is followed by the exit event
  };
  send({ kind: "setup", setup });
  let lastId = 0;
  return {
    pid: child.pid,
    ready: ready.promise,
    died,
    run(task) {
      const id = ++lastId;
      const answer = deferred<TaskResult>();
      if (child.connected) answers.set(id, answer);
      else died.then(answer.reject);
      send({ kind: "task", id, task });
      return answer.promise;
    },
    ping: () =>
      new Promise((resolve) => {
        pongs.add(resolve);
        send({ kind: "ping" });
      }),
    kill: () => void child.kill("SIGKILL"),
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** `Promise.withResolvers` came with Node 22. A rejection that nobody waits for is no crash. */
function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => {});
  if (!settle) throw new Error("A promise runs its executor at once.");
  return { promise, ...settle };
}

function receive(
  message: FromChild,
  ready: Deferred<void>,
  answers: Map<number, Deferred<TaskResult>>,
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

/** The working directory is this folder, so that `tsx` resolves wherever the server was started. */
function forkEntry(): ChildProcess {
  const source = import.meta.url.endsWith(".ts");
  return fork(new URL(source ? "./child.ts" : "./child.js", import.meta.url), [], {
    execArgv: source ? ["--import", "tsx/esm"] : [],
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
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
