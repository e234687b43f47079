import { setTimeout as sleep } from "node:timers/promises";
import { toError } from "../../core/errors.ts";
import type { ChildHandle } from "./child-handle.ts";

export interface SlotOptions {
  readonly start: () => ChildHandle;
  /** A child became idle, or a start failed: the lane looks at its queue. */
  readonly onChange: () => void;
  /** The child ended without being asked to. */
  readonly onDeath: (reason: string) => void;
}

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 30_000;
/** A start reads, hashes and optimises the model. */
const START_LIMIT_MS = 120_000;
const HEARTBEAT_MS = 1000;
/** An idle child that leaves so many beats unanswered is stuck. A busy one is silent: its run blocks its event loop. */
const MISSED_BEATS = 5;

/**
 * One place in a lane, which keeps a child alive: restarted at once after a kill, with growing pauses after deaths.
 * Its pulse is taken while it is idle; while it is busy the lane's time limits watch it.
 */
export class Slot {
  readonly #options: SlotOptions;
  #child: ChildHandle | undefined;
  #ready = false;
  #busy = false;
  #wanted = true;
  #killed = false;
  #failures = 0;
  #failedStarts = 0;
  #startMs = 0;
  #lastError: Error | undefined;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#supervise();
  }

  /** The child to give work to, when it is ready and has none. */
  get idle(): ChildHandle | undefined {
    return this.#ready && !this.#busy ? this.#child : undefined;
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

  /** Throws RangeError when no child is idle. */
  take(): ChildHandle {
    const child = this.idle;
    if (!child) throw new RangeError("Expected an idle child, got none.");
    this.#busy = true;
    return child;
  }

  /** The child finished its task, well or badly, and lives. */
  release(): void {
    this.#busy = false;
    this.#failures = 0;
  }

  /** Ends the child and its run; the next child starts at once. */
  kill(): void {
    this.#killed = true;
    this.#ready = false;
    this.#child?.kill();
  }

  /** Ends the child for good. */
  async stop(): Promise<void> {
    this.#wanted = false;
    this.kill();
    await this.#child?.died;
  }

  async #supervise(): Promise<void> {
    while (this.#wanted) {
      const reason = await this.#live();
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
    const child = this.#options.start();
    this.#child = child;
    const pulse = this.#watch(child);
    await this.#begin(child);
    const { message } = await child.died;
    clearInterval(pulse);
    this.#child = undefined;
    this.#ready = false;
    this.#busy = false;
    return message;
  }

  async #begin(child: ChildHandle): Promise<void> {
    const startedAt = performance.now();
    const limit = setTimeout(child.kill, START_LIMIT_MS).unref();
    try {
      await child.ready;
      this.#startMs = performance.now() - startedAt;
      this.#ready = true;
      this.#failedStarts = 0;
      this.#options.onChange();
    } catch (thrown) {
      this.#failedStarts++;
      this.#lastError = toError(thrown);
      child.kill();
    } finally {
      clearTimeout(limit);
    }
  }

  #watch(child: ChildHandle): NodeJS.Timeout {
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
