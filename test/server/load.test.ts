import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddingInfo } from "../../core/wire/index.ts";
import { type RunningServer, startServer } from "../../server/node.ts";
import { DEFAULT_LIMITS } from "../../server/ops/limits.ts";
import { createLog } from "../../server/ops/log.ts";
import { post, SETUP_MS } from "./harness.ts";
import { modelFolder, slowEncoder } from "./inference-support.ts";

const QUEUE = 4;
let dir: string;
let server: RunningServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "load-"));
  await modelFolder(join(dir, "slow"), { encoder: slowEncoder(20) });
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    device: "cpu",
    cacheDir: join(dir, "cache"),
    modelDirs: [join(dir, "slow")],
    limits: { ...DEFAULT_LIMITS, encodeQueueJobs: QUEUE },
    log: createLog({ level: "silent" }),
  });
}, SETUP_MS);
afterAll(async () => {
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

const encode = (slice: number) =>
  fetch(`${server.url}/v1/images/${server.studies[0]?.imageId}/embeddings`, post({ plane: "axial", slice }));

async function encodes(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/promptomy_encodes_total\{[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
}

describe("a server under load, over loopback", () => {
  test("L-1: a hundred clients on one cold slice cost one encode and get the same answer", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => encode(40)));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 201)).toEqual([]);
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as EmbeddingInfo[];
    expect(new Set(bodies.map(({ embeddingId }) => embeddingId)).size).toBe(1);
    expect(await encodes()).toBe(1);
  });

  test("L-2: what does not fit the queue is refused with Retry-After, and what was taken is answered", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, slice) => encode(slice)));
    const taken = answers.filter(({ ok }) => ok);
    const refused = answers.filter(({ ok }) => !ok);
    expect(taken.length).toBeGreaterThan(QUEUE);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get("Retry-After")).toMatch(/^[1-9]\d*$/);
      expect(await answer.json()).toMatchObject({ code: "Saturated" });
    }
    const later = await encode(39);
    expect(later.ok).toBe(true);
  });
});
