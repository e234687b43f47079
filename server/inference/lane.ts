import { setTimeout as sleep } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { SegmenterError, toError } from "../../core/errors.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { createBreaker } from "./breaker.ts";
import { ChildDied, type ChildHandle } from "./child-handle.ts";
import { Slot } from "./slot.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** From now to the answer, waiting included. */
  readonly deadlineMs?: number | undefined;
  /** Asked when a slot is free: work that nobody waits for lets the rest go first. */
  readonly background?: (() => boolean) | undefined;
}

export interface Work<R> {
  readonly run: (child: ChildHandle) => Promise<R>;
  /** Names the input for the circuit breaker. */
  readonly input: string;
  /** Goes to the child that served the same affinity before, if that one is idle. */
  readonly affinity?: string;
}

export interface Finished<R> {
  readonly result: R;
  readonly waitMs: number;
  readonly ms: number;
}

export interface LaneOptions {
  readonly name: "encode" | "decode";
  readonly slots: number;
  /** Jobs that may wait. */
  readonly queue: number;
  /** Longest wait before the caller is told to come back later. */
  readonly waitMs: number;
  /** Longest run before the child is killed. */
  readonly runMs: number;
  readonly start: () => ChildHandle;
  readonly observe?: Observe;
}

export interface LaneStats {
  readonly slots: number;
  /** Children that are loaded and wait for work. */
  readonly idle: number;
  readonly busy: number;
  readonly queued: number;
  readonly finished: number;
  readonly deaths: number;
  readonly kills: number;
  /** Moving average of the run time; `undefined` before the first. */
  readonly averageMs: number | undefined;
  readonly pids: readonly number[];
}

interface Job {
  readonly work: Work<unknown>;
  readonly background: () => boolean;
  readonly queuedAt: number;
  resolve(finished: Finished<unknown>): void;
  reject(error: Error): void;
  attempts: number;
  /** Nobody waits for it any more. */
  gone: boolean;
  /** Set while it runs. */
  run?: { readonly slot: Slot; readonly startedAt: number };
}

const ATTEMPTS = 2;
/** Child starts that fail in a row before waiting jobs are refused. */
const HOPELESS_STARTS = 3;
/** Weight of the newest run in the moving average. */
const NEWEST = 0.2;
/** Of a run, before there is an average. */
const ASSUMED_MS = 1000;
const REMEMBERED_AFFINITIES = 1024;

/** A bounded queue in front of child processes. Every job settles; a run that must stop is stopped by ending its child. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #observe: Observe;
  readonly #slots: readonly Slot[];
  readonly #breaker = createBreaker();
  readonly #queue: Job[] = [];
  readonly #running = new Set<Job>();
  readonly #servedBy = new LRUCache<string, Slot>({ max: REMEMBERED_AFFINITIES });
  readonly #counts = { finished: 0, deaths: 0, kills: 0 };
  #closed = false;
  #averageMs: number | undefined;
  #emptied = (): void => {};

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#observe = options.observe ?? ignoreEvents;
    const onDeath = (reason: string): void => {
      this.#counts.deaths++;
      this.#observe({ kind: "death", lane: options.name, reason });
    };
    const slot = () => new Slot({ start: options.start, onChange: () => this.#pump(), onDeath });
    this.#slots = Array.from({ length: options.slots }, slot);
  }

  stats(): LaneStats {
    const pids = this.#slots.flatMap(({ pid }) => pid ?? []);
    const idle = this.#slots.filter((slot) => slot.idle).length;
    const [busy, queued] = [this.#running.size, this.#queue.length];
    return { ...this.#counts, slots: this.#slots.length, idle, busy, queued, averageMs: this.#averageMs, pids };
  }

  /**
   * Runs the work when a child is free. Rejects with Saturated, DeadlineExceeded, Cancelled, EncoderCrashed,
   * ShuttingDown or the work's own error. An abort lets a run that is nearly done finish: a new child would cost more.
   */
  submit<R>(work: Work<R>, { signal, deadlineMs, background = () => false }: CallOptions = {}): Promise<Finished<R>> {
    const refusal = this.#refusal(work, background(), signal);
    if (refusal) return Promise.reject(refusal);
    return new Promise<Finished<R>>((resolve, reject) => {
      const stop = this.#limits(() => job, signal, deadlineMs);
      const job: Job = {
        work,
        background,
        queuedAt: performance.now(),
        attempts: 0,
        gone: false,
        resolve: (finished) => {
          stop();
          resolve(finished as Finished<R>); // made by `work.run`, which gives R
        },
        reject: (error) => {
          stop();
          reject(error);
        },
      };
      this.#queue.push(job);
      this.#pump();
    });
  }

  /** Takes nothing new; waits for what was accepted, at most `graceMs`, then refuses the rest and ends the children. */
  async close({ graceMs }: { graceMs: number }): Promise<void> {
    this.#closed = true;
    if (this.#queue.length + this.#running.size > 0) {
      const grace = new AbortController();
      this.#emptied = () => grace.abort();
      await sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {}); // rejects when the lane is empty
    }
    const left = [...this.#queue.splice(0), ...this.#running];
    this.#running.clear();
    for (const { reject } of left) reject(new SegmenterError("ShuttingDown", { retryAfterS: 5 }));
    await Promise.all(this.#slots.map((slot) => slot.stop()));
  }

  #refusal({ input }: Work<unknown>, background: boolean, signal?: AbortSignal): SegmenterError | undefined {
    const { name, queue, slots } = this.#options;
    if (signal?.aborted) return cancelled(name);
    const refuse = (): SegmenterError | undefined => {
      if (this.#closed) return new SegmenterError("ShuttingDown", { retryAfterS: 5 });
      const attempts = this.#breaker.deaths(input);
      if (this.#breaker.isOpen(input)) return new SegmenterError("EncoderCrashed", { attempts });
      const room = slots + (background ? queue / 2 : queue);
      if (this.#queue.length + this.#running.size >= room) return this.#saturated();
      return undefined;
    };
    const refusal = refuse();
    if (refusal) this.#observe({ kind: "refused", lane: name, code: refusal.code });
    return refusal;
  }

  #saturated(): SegmenterError {
    const ahead = this.#queue.length + this.#running.size;
    const seconds = (ahead * (this.#averageMs ?? ASSUMED_MS)) / this.#options.slots / 1000;
    return new SegmenterError("Saturated", { retryAfterS: Math.max(1, Math.ceil(seconds)) });
  }

  /** Arms what can end a job early; the result disarms it. */
  #limits(job: () => Job, signal?: AbortSignal, deadlineMs?: number): () => void {
    const { name, waitMs } = this.#options;
    const onAbort = (): void => this.#leave(job(), cancelled(name), "patient");
    signal?.addEventListener("abort", onAbort, { once: true });
    const wait = setTimeout(() => {
      if (!job().run && !job().background()) this.#leave(job(), this.#saturated());
    }, waitMs);
    const expire = (): void =>
      this.#leave(job(), new SegmenterError("DeadlineExceeded", { deadlineMs: deadlineMs ?? 0 }));
    const deadline = deadlineMs === undefined ? undefined : setTimeout(expire, deadlineMs);
    return () => {
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(wait);
      clearTimeout(deadline);
    };
  }

  /** The caller of a job is gone: out of the queue, or its run is ended unless it is nearer its end than a new child. */
  #leave(job: Job, error: SegmenterError, manner: "at once" | "patient" = "at once"): void {
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    job.gone = true;
    const end = (): void => {
      if (this.#running.delete(job)) {
        this.#counts.kills++;
        job.run?.slot.kill();
      }
      job.reject(error);
    };
    const priceMs = job.run?.slot.startMs ?? 0;
    if (at >= 0 || this.#restMs(job) > priceMs) {
      end();
      return;
    }
    if (manner === "at once") job.reject(error);
    setTimeout(end, priceMs).unref();
  }

  /** What a run probably still takes; infinite when nothing is known. */
  #restMs({ run }: Job): number {
    if (!run || this.#averageMs === undefined) return Number.POSITIVE_INFINITY;
    const rest = this.#averageMs - (performance.now() - run.startedAt);
    return rest > 0 ? rest : Number.POSITIVE_INFINITY;
  }

  #pump(): void {
    for (let job = this.#next(); job; job = this.#next()) this.#start(job);
    const [slot] = this.#slots;
    if (slot && this.#slots.every(({ failedStarts }) => failedStarts >= HOPELESS_STARTS)) {
      const { failedStarts: attempts, lastError: cause } = slot;
      const error = new SegmenterError("EncoderCrashed", { attempts }, { cause });
      for (const { reject } of this.#queue.splice(0)) reject(error);
    }
    if (this.#queue.length + this.#running.size === 0) this.#emptied();
  }

  /** Leaves the queue: the first job that somebody waits for, else the first. `undefined` when no child is idle. */
  #next(): Job | undefined {
    if (this.#queue.length === 0 || !this.#slots.some(({ idle }) => idle)) return undefined;
    const waitedFor = this.#queue.findIndex(({ background }) => !background());
    return this.#queue.splice(Math.max(0, waitedFor), 1)[0];
  }

  #slotFor({ affinity }: Work<unknown>): Slot | undefined {
    const before = affinity === undefined ? undefined : this.#servedBy.get(affinity);
    const slot = before?.idle ? before : this.#slots.find(({ idle }) => idle);
    if (slot && affinity !== undefined) this.#servedBy.set(affinity, slot);
    return slot;
  }

  async #start(job: Job): Promise<void> {
    const slot = this.#slotFor(job.work);
    if (!slot) {
      this.#queue.unshift(job);
      return;
    }
    const startedAt = performance.now();
    job.run = { slot, startedAt };
    this.#running.add(job);
    const { runMs } = this.#options;
    const overdue = new SegmenterError("DeadlineExceeded", { deadlineMs: runMs });
    const limit = setTimeout(() => this.#leave(job, overdue), runMs);
    try {
      const result = await job.work.run(slot.take());
      if (this.#settle(job)) this.#finish(job, slot, result, startedAt);
    } catch (thrown) {
      if (this.#settle(job)) this.#fail(job, slot, toError(thrown));
    } finally {
      clearTimeout(limit);
      this.#pump();
    }
  }

  /** False when the job was ended from outside: its child is gone and its caller has an answer. */
  #settle(job: Job): boolean {
    delete job.run;
    return this.#running.delete(job);
  }

  #finish(job: Job, slot: Slot, result: unknown, startedAt: number): void {
    slot.release();
    const ms = performance.now() - startedAt;
    this.#counts.finished++;
    this.#averageMs = this.#averageMs === undefined ? ms : this.#averageMs * (1 - NEWEST) + ms * NEWEST;
    job.resolve({ result, ms, waitMs: startedAt - job.queuedAt });
  }

  #fail(job: Job, slot: Slot, error: Error): void {
    if (!(error instanceof ChildDied)) {
      slot.release();
      job.reject(error);
      return;
    }
    this.#breaker.record(job.work.input);
    job.attempts++;
    const again = !job.gone && job.attempts < ATTEMPTS && !this.#breaker.isOpen(job.work.input);
    if (again) this.#queue.unshift(job);
    else job.reject(new SegmenterError("EncoderCrashed", { attempts: job.attempts }, { cause: error }));
  }
}

const cancelled = (what: string): SegmenterError => new SegmenterError("Cancelled", { what });
