import { expect, test } from "vitest";
import type { EmbeddingStore } from "../../core/embedding/store.ts";
import { bytesOf, idOf } from "./entries.ts";

/** What every embedding store promises. `create` gives a store with room for at least 64 KiB. */
export function embeddingStoreContract(create: () => Promise<EmbeddingStore> | EmbeddingStore): void {
  test("a miss is undefined", async () => {
    const store = await create();
    expect(await store.get(idOf(1))).toBeUndefined();
  });

  test("gives back the very bytes, the empty entry too", async () => {
    const store = await create();
    for (const length of [0, 1, 4097, 30_000]) {
      await store.set(idOf(length), bytesOf(length, length));
      expect(Buffer.compare((await store.get(idOf(length)))!, bytesOf(length, length))).toBe(0);
    }
  });

  test("keeps an odd view apart from the buffer it lies in", async () => {
    const store = await create();
    await store.set(idOf(2), bytesOf(1, 100).subarray(3, 50));
    expect(Buffer.from((await store.get(idOf(2)))!)).toEqual(Buffer.from(bytesOf(1, 100).subarray(3, 50)));
  });

  test("the same id may be set twice, also at once", async () => {
    const store = await create();
    await Promise.all([store.set(idOf(3), bytesOf(3, 500)), store.set(idOf(3), bytesOf(3, 500))]);
    await store.set(idOf(3), bytesOf(3, 500));
    expect((await store.get(idOf(3)))?.byteLength).toBe(500);
  });

  test("an entry larger than the store is not kept and does not fail", async () => {
    const store = await create();
    await store.set(idOf(4), new Uint8Array(64 << 20));
    expect(await store.get(idOf(4))).toBeUndefined();
  });
}
