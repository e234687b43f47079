/** One place for a child process, from its start to its end and to the next one. */
import { setTimeout as sleep } from "node:timers/promises";
import { deferred } from "../../core/deferred.ts";
import { toError } from "../../core/errors.ts";
import type { ChildHandle } from "./child-handle.ts";

/** For children that are started when first needed and do not stay for ever. */
export interface Retirement {
  /** An idle child ends after this long. */
  readonly idleMs: number;
  /** A child that holds this much after a task is not used again. */
  readonly residentBytes: number;
}

export interface SlotOptions<Task, Result> {
  readonly start: () => ChildHandle<Task, Result>;
  /** Without it the child is started at once and kept alive. */
  readonly retirement?: Retirement | undefined;
  /** A child became idle, or a start failed: the lane looks at its queue. */
  readonly onChange: () => void;
  /** The child ended without being asked to. */
  readonly onDeath: (reason: string) => void;
}

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 30_000;
/** A start may read, hash and optimise a model. */
const START_LIMIT_MS = 120_000;
const HEARTBEAT_MS = 1000;
/** An idle child that leaves so many beats unanswered is stuck. A busy one is silent: its run blocks its event loop. */
const MISSED_BEATS = 5;

/**
 * One place in a lane, which holds one child: restarted at once after a kill, with growing pauses after deaths. Its pulse
 * is taken while it is idle; while it is busy the lane's limits watch it.
 */
export class Slot<Task, Result> {
  readonly #options: SlotOptions<Task, Result>;
  #child: ChildHandle<Task, Result> | undefined;
  #ready = false;
  #busy = false;
  #wanted = true;
  #killed = false;
  #yielded = false;
  #failures = 0;
  #failedStarts = 0;
  #startMs = 0;
  #lastError: Error | undefined;
  #retiring: NodeJS.Timeout | undefined;
  /** Resolves when a sleeping slot is needed. */
  #called = deferred<void>();

  constructor(options: SlotOptions<Task, Result>) {
    this.#options = options;
    if (!options.retirement) this.#called.resolve();
    this.#supervise();
  }

  /** The child to give work to, when it is ready and has none. */
  get idle(): ChildHandle<Task, Result> | undefined {
    return this.#ready && !this.#busy ? this.#child : undefined;
  }

  /** A child is there or on its way. */
  get awake(): boolean {
    return this.#child !== undefined;
  }

  /** What the last start took: the price of a kill. */
  get startMs(): number {
    return this.#startMs;
  }

  /** Starts in a row that never became ready. */
  get failedStarts(): number {
    return this.#failedStarts;
  }

  /** Why the last start failed. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  residentBytes(): Promise<number> {
    return this.#child?.residentBytes() ?? Promise.resolve(0);
  }

  /** Starts a child if none is there. */
  wake(): void {
    this.#called.resolve();
  }

  /** Throws RangeError when no child is idle. */
  take(): ChildHandle<Task, Result> {
    const child = this.idle;
    if (!child) throw new RangeError("Expected an idle child, got none.");
    clearTimeout(this.#retiring);
    this.#busy = true;
    child.hold(true);
    return child;
  }

  /** The run goes on, but behind all other work of the machine. The child takes no further task. */
  yieldCores(): void {
    this.#yielded = true;
    this.#child?.yieldCores();
  }

  /** The child finished its task, well or badly, and lives. */
  release(): void {
    this.#failures = 0;
    const { retirement } = this.#options;
    if (retirement) this.#rest(retirement);
    else this.#busy = false;
  }

  /** Ends the child and its run; the next child starts at once, or when it is needed. */
  kill(): void {
    this.#killed = true;
    this.#ready = false;
    this.#child?.kill();
  }

  /** Ends the child for good. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.#child?.hold(true); // until it is gone
    this.kill();
    this.wake();
    await this.#child?.died;
  }

  /** A child that has grown or has yielded ends now, another one when it was idle for long. */
  async #rest({ idleMs, residentBytes }: Retirement): Promise<void> {
    const child = this.#child;
    const used = this.#yielded || ((await child?.residentBytes()) ?? 0) > residentBytes;
    if (child !== this.#child) return;
    if (used) return this.kill();
    this.#busy = false;
    this.#retireAfter(idleMs);
    this.#options.onChange();
  }

  #retireAfter(idleMs: number): void {
    this.#child?.hold(false);
    this.#retiring = setTimeout(() => this.kill(), idleMs).unref();
  }

  async #supervise(): Promise<void> {
    for (;;) {
      await this.#called.promise;
      if (!this.#wanted) return;
      const reason = await this.#live();
      if (this.#options.retirement && this.#wanted) {
        this.#called = deferred();
        this.#options.onChange();
      }
      if (!this.#wanted || this.#killed) continue;
      this.#failures++;
      this.#options.onDeath(reason);
      this.#options.onChange();
      const pause = FIRST_BACKOFF_MS * 2 ** (this.#failures - 1);
      await sleep(Math.min(MAX_BACKOFF_MS, pause), undefined, { ref: false });
    }
  }

  /** From start to end of one child. */
  async #live(): Promise<string> {
    this.#killed = false;
    this.#yielded = false;
    const child = this.#options.start();
    this.#child = child;
    const pulse = this.#watch(child);
    await this.#begin(child);
    const { message } = await child.died;
    clearInterval(pulse);
    clearTimeout(this.#retiring);
    this.#child = undefined;
    this.#ready = false;
    this.#busy = false;
    return message;
  }

  async #begin(child: ChildHandle<Task, Result>): Promise<void> {
    const startedAt = performance.now();
    const limit = setTimeout(child.kill, START_LIMIT_MS).unref();
    try {
      await child.ready;
      this.#startMs = performance.now() - startedAt;
      this.#ready = true;
      this.#failedStarts = 0;
      if (this.#options.retirement) this.#retireAfter(this.#options.retirement.idleMs);
      this.#options.onChange();
    } catch (thrown) {
      this.#failedStarts++;
      this.#lastError = toError(thrown);
      child.kill();
    } finally {
      clearTimeout(limit);
    }
  }

  #watch(child: ChildHandle<Task, Result>): NodeJS.Timeout {
    let missed = 0;
    const hear = (): void => {
      missed = 0;
    };
    return setInterval(() => {
      if (!this.idle) return hear();
      missed++;
      if (missed > MISSED_BEATS) child.kill();
      else child.ping().then(hear);
    }, HEARTBEAT_MS).unref();
  }
}
