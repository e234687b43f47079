import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerEvent } from "../../../server/ops/events.ts";
import { s3Store } from "../../../server/stores/s3.ts";
import { needsEngine, startEngine } from "../../support/engine.ts";
import { bytesOf, idOf } from "../entries.ts";
import { embeddingStoreContract } from "../stores-contract.ts";

const KEYS = { accessKeyId: "key", secretAccessKey: "secret" };

describe("s3Store, against moto's S3 server", needsEngine("moto_server"), () => {
  let server: Awaited<ReturnType<typeof startEngine>>;
  const events: ServerEvent[] = [];
  let count = 0;
  beforeAll(async () => {
    server = await startEngine("moto_server", (port) => ["-H", "127.0.0.1", "-p", String(port)], "/moto-api/");
    expect((await fetch(`${server.url}/cache`, { method: "PUT" })).status).toBe(200);
  });
  afterAll(() => server?.end());
  const open = () =>
    s3Store({ url: `${server.url}/cache/p${count++}`, ...KEYS, observe: (event) => events.push(event) });

  embeddingStoreContract(open);

  test("an altered object is a miss and is counted (F-3)", async () => {
    const store = await s3Store({
      url: `${server.url}/cache/altered`,
      ...KEYS,
      observe: (event) => events.push(event),
    });
    await store.set(idOf(1), bytesOf(1, 1000));
    const path = `${server.url}/cache/altered/${idOf(1).slice(7)}.emb`;
    const client = new AwsClient({ ...KEYS, region: "us-east-1", service: "s3" });
    const bytes = new Uint8Array(await (await client.fetch(path)).arrayBuffer());
    bytes[500]! ^= 1;
    expect((await client.fetch(path, { method: "PUT", body: bytes })).status).toBe(200);
    expect(await store.get(idOf(1))).toBeUndefined();
    expect(events.at(-1)).toEqual({ kind: "cache", tier: "shared", outcome: "corrupt" });
  });

  test("F-13: a bucket that is missing or away is a miss, told once, and not asked again for a moment", async () => {
    events.length = 0;
    const away = await s3Store({ url: "http://127.0.0.1:1/cache", ...KEYS, observe: (event) => events.push(event) });
    expect(await away.get(idOf(1))).toBeUndefined();
    await away.set(idOf(1), bytesOf(1, 10));
    expect(events.filter(({ kind }) => kind === "cache-off")).toHaveLength(1);
  });
});

test("what is no URL of a bucket is refused by name", async () => {
  await expect(s3Store({ url: "bucket", ...KEYS })).rejects.toMatchObject({
    code: "InvalidRequest",
    detail: { path: "s3" },
  });
});
