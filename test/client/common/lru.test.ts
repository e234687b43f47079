import fc from "fast-check";
import { expect, test } from "vitest";
import { lruByBytes } from "../../../client/common/lru.ts";

test("drops the least recently used value when the budget is exceeded", () => {
  const cache = lruByBytes<string, number>(10);
  cache.set("a", 1, 4);
  cache.set("b", 2, 4);
  expect(cache.get("a")).toBe(1);
  cache.set("c", 3, 4);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
});

test("keeps a value that is larger than the whole budget until the next one comes", () => {
  const cache = lruByBytes<string, number>(10);
  cache.set("huge", 1, 100);
  expect(cache.get("huge")).toBe(1);
  cache.set("small", 2, 1);
  expect([cache.get("huge"), cache.get("small"), cache.bytes]).toEqual([undefined, 2, 1]);
});

test("counts exactly the bytes of what it still has", () => {
  const steps = fc.array(fc.record({ key: fc.nat(5), bytes: fc.nat(6), remove: fc.boolean() }));
  fc.assert(
    fc.property(steps, (all) => {
      const cache = lruByBytes<number, number>(12);
      for (const { key, bytes, remove } of all) remove ? cache.delete(key) : cache.set(key, bytes, bytes);
      const kept = [0, 1, 2, 3, 4, 5].map((key) => cache.get(key) ?? 0);
      expect(cache.bytes).toBe(kept.reduce((sum, bytes) => sum + bytes, 0));
      expect(cache.bytes).toBeLessThanOrEqual(12);
    }),
  );
});
