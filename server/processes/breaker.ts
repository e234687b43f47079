/** A circuit breaker for each input. */
import { LRUCache } from "lru-cache";

/** Remembers which inputs killed a child, so that a poisonous slice is not tried for ever. */
export interface Breaker {
  record(input: string): void;
  /** Deaths inside the window. */
  deaths(input: string): number;
  isOpen(input: string): boolean;
  /** Until an open breaker closes. */
  closesInMs(input: string): number;
}

const REMEMBERED_INPUTS = 1024;

/** Opens for an input after `limit` deaths in `windowMs` and closes by itself when they are older. */
export function createBreaker({ limit = 3, windowMs = 60_000, now = () => performance.now() } = {}): Breaker {
  const byInput = new LRUCache<string, readonly number[]>({ max: REMEMBERED_INPUTS });
  const recent = (input: string): readonly number[] => (byInput.get(input) ?? []).filter((at) => now() - at < windowMs);
  return {
    record(input) {
      byInput.set(input, [...recent(input), now()].slice(-limit));
    },
    deaths: (input) => recent(input).length,
    isOpen: (input) => recent(input).length >= limit,
    closesInMs: (input) => (recent(input)[0] ?? now()) + windowMs - now(),
  };
}
