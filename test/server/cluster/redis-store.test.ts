import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerEvent } from "../../../server/ops/events.ts";
import { openRedis, type SharedRedis } from "../../../server/stores/connection.ts";
import { redisStore } from "../../../server/stores/redis.ts";
import { needsRedis, startRedis, type TestRedis } from "../../support/redis.ts";
import { bytesOf, idOf } from "../entries.ts";
import { embeddingStoreContract } from "../stores-contract.ts";

describe("redisStore", needsRedis(), () => {
  let server: TestRedis;
  let redis: SharedRedis;
  const events: ServerEvent[] = [];
  beforeAll(async () => {
    server = await startRedis();
    redis = await openRedis(server.url, (event) => events.push(event));
  });
  afterAll(async () => {
    redis?.close();
    await server?.close();
  });
  let count = 0;
  const open = () => redisStore({ redis, prefix: `test:${count++}:`, observe: (event) => events.push(event) });

  embeddingStoreContract(open);

  test("an altered entry is a miss, is counted and leaves (F-3)", async () => {
    const store = redisStore({ redis, prefix: "altered:", observe: (event) => events.push(event) });
    await store.set(idOf(1), bytesOf(1, 1000));
    const entry = (await server.client.getBuffer(`altered:${idOf(1)}`))!;
    entry[500]! ^= 1;
    await server.client.set(`altered:${idOf(1)}`, entry);
    expect(await store.get(idOf(1))).toBeUndefined();
    expect(events.at(-1)).toEqual({ kind: "cache", tier: "shared", outcome: "corrupt" });
    expect(await server.client.exists(`altered:${idOf(1)}`)).toBe(0);
  });

  test("what nobody asks for leaves", async () => {
    const store = redisStore({ redis, prefix: "short:", ttlS: 1 });
    await store.set(idOf(1), bytesOf(1, 10));
    expect(await server.client.pttl(`short:${idOf(1)}`)).toBeLessThanOrEqual(1000);
  });

  test("F-13: a Redis that is away is a miss and is told once; it is used again when it is back", async () => {
    const store = open();
    await store.set(idOf(7), bytesOf(7, 100));
    events.length = 0;
    await server.kill();
    expect(await store.get(idOf(7))).toBeUndefined();
    await store.set(idOf(8), bytesOf(8, 100));
    await expect.poll(() => redis.isUp()).toBe(false);
    expect(events.filter(({ kind }) => kind === "cache-off")).toHaveLength(1);
    await server.start();
    await expect.poll(() => redis.isUp(), { timeout: 20_000 }).toBe(true);
    expect((await store.get(idOf(7)))?.byteLength).toBe(100);
  });
});

test("what is no Redis URL is refused by name", async () => {
  await expect(openRedis("http://127.0.0.1:1", () => {})).rejects.toMatchObject({
    code: "InvalidRequest",
    detail: { path: "redis" },
  });
});
