/** A bounded queue in front of child processes. */
import { setTimeout as sleep } from "node:timers/promises";
import { SegmenterError, toError } from "../../core/errors.ts";
import { ignoreEvents, type Observe } from "../ops/events.ts";
import { createBreaker } from "./breaker.ts";
import { ChildDied, IdleChildDied } from "./child-handle.ts";
import type { CallOptions, Finished, Job, LaneStats, Work } from "./job.ts";
import { cancelled, defaultOverdue, type LaneOptions, shuttingDown } from "./lane-options.ts";
import { createMemoryGuard, type MemoryGuard } from "./memory-guard.ts";
import { createPace } from "./pace.ts";
import type { Slot } from "./slot.ts";
import { createSlots, type Slots } from "./slots.ts";

/** A bounded queue in front of child processes. Every job settles; a run that must stop is stopped by ending its child. */
export class Lane<Task, Result> {
  readonly #options: LaneOptions<Task, Result>;
  readonly #observe: Observe;
  readonly #slots: Slots<Task, Result>;
  readonly #breaker = createBreaker();
  readonly #pace;
  readonly #places: number;
  readonly #memory: MemoryGuard;
  readonly #queue: Job<Task, Result>[] = [];
  readonly #running = new Set<Job<Task, Result>>();
  readonly #counts = { finished: 0, deaths: 0, kills: 0 };
  #closed = false;
  #emptied = (): void => {};

  constructor(options: LaneOptions<Task, Result>) {
    const { name, slots, yielding, start, retirement } = options;
    this.#options = options;
    this.#observe = options.observe ?? ignoreEvents;
    this.#places = yielding?.places ?? slots;
    this.#pace = createPace({ slots: Math.max(1, this.#places) });
    this.#memory = createMemoryGuard({
      ...(options.memory ?? { totalBytes: Number.POSITIVE_INFINITY, what: "memory" }),
      running: () => this.#running,
      end: (job, error) => this.#leave(job, error),
      busy: () => this.#saturated(),
    });
    const onDeath = (reason: string): void => {
      this.#counts.deaths++;
      this.#observe({ kind: "death", lane: name, reason });
    };
    this.#slots = createSlots({ count: slots, start, retirement, onChange: () => this.#pump(), onDeath });
  }

  /** Starts children before there is work for them. */
  warm(count: number): void {
    this.#slots.wake(count, this.#running.size);
  }

  stats(): LaneStats {
    const { count, pids } = this.#slots;
    const [busy, queued] = [this.#running.size, this.#queue.length];
    const { typicalMs } = this.#pace;
    return { ...this.#counts, slots: count, idle: this.#slots.idle(), busy, queued, typicalMs, pids };
  }

  /**
   * Runs the work when a child is free. Rejects with Saturated, DeadlineExceeded, Cancelled, EncoderCrashed,
   * ShuttingDown or the work's own error. An abort lets a run that is nearly done finish: a new child would cost more.
   */
  submit<Answer>(
    work: Work<Task, Result, Answer>,
    { signal, deadlineMs, background = () => false }: CallOptions = {},
  ): Promise<Finished<Answer>> {
    const refusal = this.#refusal(work.input, background(), signal);
    if (refusal) return Promise.reject(refusal);
    return new Promise<Finished<Answer>>((resolve, reject) => {
      const stop = this.#limits(() => job, signal, deadlineMs);
      const job: Job<Task, Result> = {
        work,
        background,
        queuedAt: performance.now(),
        attempts: 0,
        gone: false,
        resolve: (finished) => {
          stop();
          resolve(finished as Finished<Answer>); // made by `work.run`, which gives Answer
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
    this.#memory.stop();
    for (const { reject } of left) reject(shuttingDown());
    await this.#slots.stop();
  }

  #refusal(input: string | undefined, background: boolean, signal?: AbortSignal): SegmenterError | undefined {
    const { name } = this.#options;
    if (signal?.aborted) return cancelled(name);
    const refuse = (): SegmenterError | undefined => {
      if (this.#closed) return shuttingDown();
      if (input !== undefined && this.#breaker.isOpen(input)) return this.#poisonous(input);
      return this.#isFull(background) ? this.#saturated() : undefined;
    };
    const refusal = refuse();
    if (refusal) this.#observe({ kind: "refused", lane: name, code: refusal.code });
    return refusal;
  }

  /** By number, and by time: whoever would wait longer than anybody may is told so at once. */
  #isFull(background: boolean): boolean {
    const { queue, waitMs } = this.#options;
    const room = this.#places + (background ? queue / 2 : queue);
    const ahead = this.#queue.length + this.#placesTaken();
    return ahead >= room || (ahead > this.#places && this.#pace.isSure && this.#pace.waitMs(ahead) > waitMs);
  }

  #saturated(): SegmenterError {
    return new SegmenterError("Saturated", { retryAfterS: this.#pace.promise() });
  }

  #poisonous(input: string): SegmenterError {
    const retryAfterS = Math.max(1, Math.ceil(this.#breaker.closesInMs(input) / 1000));
    return new SegmenterError("EncoderCrashed", { attempts: this.#breaker.deaths(input), retryAfterS });
  }

  /** Arms what can end a job early; the result disarms it. */
  #limits(job: () => Job<Task, Result>, signal?: AbortSignal, deadlineMs?: number): () => void {
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
  #leave(job: Job<Task, Result>, error: SegmenterError, manner: "at once" | "patient" = "at once"): void {
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    job.gone = true;
    const end = (): void => {
      if (this.#running.delete(job)) {
        this.#counts.kills++;
        job.run?.slot.kill();
      }
      job.reject(error);
      this.#pump();
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
  #restMs({ run }: Job<Task, Result>): number {
    const { typicalMs } = this.#pace;
    if (!run || typicalMs === undefined) return Number.POSITIVE_INFINITY;
    const rest = typicalMs - (performance.now() - run.startedAt);
    return rest > 0 ? rest : Number.POSITIVE_INFINITY;
  }

  #pump(): void {
    for (let job = this.#next(); job; job = this.#next()) this.#start(job);
    this.#wake();
    const hopeless = this.#slots.hopeless();
    if (hopeless) {
      for (const { reject } of this.#queue.splice(0)) reject(this.#crash(hopeless.failedStarts, hopeless.lastError));
    }
    if (this.#queue.length + this.#running.size > 0) return;
    this.#pace.forgetPromises();
    this.#emptied();
  }

  #wake(): void {
    const startable = Math.min(this.#queue.length, this.#places - this.#placesTaken());
    const spare = this.#queue.length + this.#running.size > 0 ? (this.#options.spare ?? 0) : 0;
    this.#slots.wake(startable + spare, this.#running.size);
  }

  /** Runs that hold a place. */
  #placesTaken(): number {
    return [...this.#running].filter(({ run }) => !run?.yielded).length;
  }

  /** Leaves the queue: the first job that somebody waits for, else the first. `undefined` when no child is idle. */
  #next(): Job<Task, Result> | undefined {
    if (this.#queue.length === 0 || this.#placesTaken() >= this.#places) return undefined;
    if (this.#slots.idle() === 0) return undefined;
    const waitedFor = this.#queue.findIndex(({ background }) => !background());
    return this.#queue.splice(Math.max(0, waitedFor), 1)[0];
  }

  async #start(job: Job<Task, Result>): Promise<void> {
    const slot = this.#slots.find(job.work.affinity);
    if (!slot) {
      this.#queue.unshift(job);
      return;
    }
    const startedAt = performance.now();
    job.run = { slot, startedAt, yielded: false };
    this.#running.add(job);
    const disarm = this.#watch(job);
    try {
      const child = slot.take();
      if (job.attempts > 0) await child.alive();
      const result = await job.work.run(child);
      if (this.#settle(job)) this.#finish(job, slot, result, startedAt);
    } catch (thrown) {
      if (this.#settle(job)) this.#fail(job, slot, toError(thrown));
    } finally {
      disarm();
      this.#pump();
    }
  }

  /** Arms the limits of a run; the result disarms them. */
  #watch(job: Job<Task, Result>): () => void {
    const { overdue = defaultOverdue, yielding, runMs: most } = this.#options;
    const runMs = Math.min(most, job.work.runMs ?? most);
    const limit = setTimeout(() => this.#leave(job, overdue(runMs)), runMs);
    const giveWay = yielding && setTimeout(() => this.#yield(job), yielding.afterMs);
    if (job.work.residentBytes !== undefined) this.#memory.watch();
    return () => {
      clearTimeout(limit);
      clearTimeout(giveWay);
    };
  }

  #yield({ run }: Job<Task, Result>): void {
    if (!run) return;
    run.yielded = true;
    run.slot.yieldCores();
    this.#pump();
  }

  /** False when the job was ended from outside: its child is gone and its caller has an answer. */
  #settle(job: Job<Task, Result>): boolean {
    delete job.run;
    return this.#running.delete(job);
  }

  #finish(job: Job<Task, Result>, slot: Slot<Task, Result>, result: unknown, startedAt: number): void {
    slot.release();
    const ms = performance.now() - startedAt;
    this.#counts.finished++;
    this.#pace.note(ms);
    job.resolve({ result, ms, waitMs: startedAt - job.queuedAt });
  }

  #fail(job: Job<Task, Result>, slot: Slot<Task, Result>, error: Error): void {
    const { input } = job.work;
    if (!(error instanceof ChildDied)) {
      slot.release();
      job.reject(error);
      return;
    }
    if (!(error instanceof IdleChildDied)) {
      if (input !== undefined) this.#breaker.record(input);
      job.attempts++;
    }
    const poisonous = input !== undefined && this.#breaker.isOpen(input);
    const again = !job.gone && job.attempts < (this.#options.attempts ?? 2) && !poisonous;
    if (again) this.#queue.unshift(job);
    else job.reject(this.#crash(job.attempts, error));
  }

  #crash(attempts: number, cause: Error | undefined): SegmenterError {
    const { crashed } = this.#options;
    if (crashed) return crashed();
    const retryAfterS = Math.max(1, Math.ceil(this.#slots.startMs() / 1000));
    return new SegmenterError("EncoderCrashed", { attempts, retryAfterS }, { cause });
  }
}
