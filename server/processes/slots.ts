/** The places of one lane. */
import { LRUCache } from "lru-cache";
import type { ChildHandle } from "./child-handle.ts";
import { type Retirement, Slot } from "./slot.ts";

export interface SlotsOptions<Task, Result> {
  readonly count: number;
  readonly start: () => ChildHandle<Task, Result>;
  readonly retirement?: Retirement | undefined;
  readonly onChange: () => void;
  readonly onDeath: (reason: string) => void;
}

/** The slots of one lane. */
export interface Slots<Task, Result> {
  readonly count: number;
  readonly pids: readonly number[];
  /** Children that wait for work. */
  idle(): number;
  /** The idle slot that served this affinity before, else any idle one. */
  find(affinity: string | undefined): Slot<Task, Result> | undefined;
  /** Sees to it that children for so many more runs are idle or on their way. */
  wake(runs: number, running: number): void;
  /** A slot to quote when every child that was started failed to start, again and again. */
  hopeless(): Slot<Task, Result> | undefined;
  /** The price of a new child. */
  startMs(): number;
  stop(): Promise<void>;
}

/** Child starts that fail in a row before waiting jobs are refused. */
const HOPELESS_STARTS = 3;
const REMEMBERED_AFFINITIES = 1024;

/** Slots that share an entry and are used for the same work. */
export function createSlots<Task, Result>({ count, ...options }: SlotsOptions<Task, Result>): Slots<Task, Result> {
  const slots = Array.from({ length: count }, () => new Slot(options));
  const servedBy = new LRUCache<string, Slot<Task, Result>>({ max: REMEMBERED_AFFINITIES });
  return {
    count,
    get pids() {
      return slots.flatMap(({ pid }) => pid ?? []);
    },
    idle: () => slots.filter(({ idle }) => idle).length,
    find(affinity) {
      const before = affinity === undefined ? undefined : servedBy.get(affinity);
      const slot = before?.idle ? before : slots.find(({ idle }) => idle);
      if (slot && affinity !== undefined) servedBy.set(affinity, slot);
      return slot;
    },
    wake(runs, running) {
      const coming = slots.filter(({ awake }) => awake).length - running;
      for (const slot of slots.filter(({ awake }) => !awake).slice(0, Math.max(0, runs - coming))) slot.wake();
    },
    hopeless() {
      const tried = slots.filter(({ awake, failedStarts }) => awake || failedStarts > 0);
      return tried.every(({ failedStarts }) => failedStarts >= HOPELESS_STARTS) ? tried[0] : undefined;
    },
    startMs: () => Math.max(0, ...slots.map(({ startMs }) => startMs)),
    async stop() {
      await Promise.all(slots.map((slot) => slot.stop()));
    },
  };
}
