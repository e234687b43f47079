/** WebGPU → WASM → server: which backend answers, and what happens when it fails. */
import { SegmenterError, toError } from "../../core/errors.ts";
import type { BackendName, SegmenterStatus } from "../types.ts";
import type { Backend } from "./backend.ts";
import { BackendFailure } from "./lifeline.ts";

export interface LadderOptions {
  /** Best first; the last one is not allowed to fail at opening. */
  readonly rungs: readonly BackendName[];
  open(name: BackendName): Promise<Backend>;
  report(status: Omit<SegmenterStatus, "model">): void;
  /** Needs no start: it answers while a rung starts, and starts again. */
  readonly standIn?: Backend | undefined;
}

export interface Soonest<T> {
  readonly done: T;
  /** By the stand-in. */
  readonly early: boolean;
}

export interface Ladder {
  /** Resolves when the first backend is ready. */
  ready(): Promise<void>;
  /** Does the job on the backend of the moment, and once more on each that replaces it. */
  run<T>(job: (backend: Backend) => Promise<T>): Promise<T>;
  /** As `run`, but by the stand-in where it is done before a backend is ready. What it cannot do is left to the ladder. */
  soonest<T>(job: (backend: Backend) => Promise<T>): Promise<Soonest<T>>;
  /** Whether prompts are answered by the stand-in now. */
  standsIn(): boolean;
  close(): void;
}

/** A backend lost a second time within this span is given up; before, it gets one new device or worker. */
const SECOND_LOSS_MS = 60_000;

const LABEL: Record<BackendName, string> = { webgpu: "WebGPU", wasm: "WASM", server: "Server" };

export function createLadder({ rungs, open, report, standIn }: LadderOptions): Ladder {
  const reasons = new Map<BackendName, string>();
  const lostAt = new Map<BackendName, number>();
  let position = 0;
  let active: Backend | undefined;
  let closed = false;
  const nameAt = (index: number): BackendName => rungs[index] ?? "server";

  const descend = async (): Promise<Backend> => {
    for (; ; position++) {
      const name = nameAt(position);
      try {
        return adopt(await open(name));
      } catch (error) {
        if (closed || position >= rungs.length - 1) throw error;
        const [lost, refused] = [reasons.get(name), plain(toError(error).message)];
        reasons.set(name, lost ? `${lost}; then ${refused}` : refused);
      }
    }
  };

  const adopt = (backend: Backend): Backend => {
    if (closed) backend.close();
    active = backend;
    backend.lost.then((reason) => replace(backend, new BackendFailure(reason, true)));
    if (!closed) report(ready(backend, reasons));
    return backend;
  };

  const replace = (backend: Backend, { lost, message }: BackendFailure): void => {
    if (active !== backend || closed) return;
    active = undefined;
    backend.close();
    reasons.set(backend.name, plain(message));
    const again = lost && performance.now() - (lostAt.get(backend.name) ?? Number.NEGATIVE_INFINITY) > SECOND_LOSS_MS;
    lostAt.set(backend.name, performance.now());
    if (!again) position++;
    const reason = `${LABEL[backend.name]}: ${plain(message)}.`;
    report({ state: "recovering", backend: nameAt(position), reason, ms: undefined, threads: backend.threads });
    current = descend();
    current.catch(() => {});
  };

  report(starting(nameAt(0), standIn));
  let current = descend();
  current.catch(() => {});

  const stopIfClosed = () => {
    if (closed) throw closedError();
  };
  const run: Ladder["run"] = async (job) => {
    for (;;) {
      stopIfClosed();
      const backend = await current;
      try {
        return await job(backend);
      } catch (error) {
        if (!(error instanceof BackendFailure)) throw error;
        stopIfClosed();
        replace(backend, error);
      }
    }
  };

  return {
    ready: async () => void (await current),
    run,
    soonest: async (job) => {
      const late = async () => ({ done: await run(job), early: false });
      if (!standIn || active) return late();
      return firstOf(job(standIn).finally(stopIfClosed), current, late);
    },
    standsIn: () => standIn !== undefined && active === undefined,
    close: () => {
      closed = true;
      active?.close();
      report({ state: "closed", backend: nameAt(position), reason: "Closed.", ms: undefined, threads: 0 });
    },
  };
}

function ready(backend: Backend, reasons: ReadonlyMap<BackendName, string>): Omit<SegmenterStatus, "model"> {
  const { name, ms, threads } = backend;
  return { state: "ready", backend: name, reason: sentence(backend, reasons), ms, threads };
}

function starting(backend: BackendName, standIn: Backend | undefined): Omit<SegmenterStatus, "model"> {
  const meanwhile = standIn ? ` ${LABEL[standIn.name]} answers meanwhile.` : "";
  return { state: "starting", backend, reason: `${LABEL[backend]}: starting.${meanwhile}`, ms: undefined, threads: 0 };
}

/** What the stand-in makes, unless a backend is ready before; what it cannot do is done late. */
async function firstOf<T>(
  standIn: Promise<T>,
  ready: Promise<unknown>,
  late: () => Promise<Soonest<T>>,
): Promise<Soonest<T>> {
  let answered: Soonest<T> | undefined;
  const early = standIn.then((done) => {
    answered = { done, early: true };
    return answered;
  });
  const later = ready.then(() => answered ?? late());
  return Promise.any([early, later]).catch(() => later);
}

const closedError = () => new SegmenterError("Cancelled", { what: "the segmenter is closed" });

/** Browsers end some of their messages with a full stop. */
const plain = (message: string) => message.replace(/[.\s]+$/, "");

/** "WASM, 4 threads. No WebGPU: this browser offers no GPU." */
function sentence({ name, note }: Backend, reasons: ReadonlyMap<BackendName, string>): string {
  const others = [...reasons].map(([rung, why]) =>
    rung === name ? ` Started again: ${why}.` : ` No ${LABEL[rung]}: ${why}.`,
  );
  return `${LABEL[name]}, ${note}.${others.join("")}`;
}
