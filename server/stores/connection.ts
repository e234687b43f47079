/** The Redis that replicas share. It may go away at any time: nothing that is asked of it waits for its return. */
import type { Redis } from "ioredis";
import { SegmenterError } from "../../core/errors.ts";
import type { Observe } from "../ops/events.ts";

export interface SharedRedis {
  readonly client: Redis;
  /** Whether it answers now. */
  isUp(): boolean;
  /** What `ask` gives, or `undefined` when Redis is away or fails. */
  ask<T>(ask: (client: Redis) => Promise<T>): Promise<T | undefined>;
  close(): void;
}

/** Longest wait for a connection and for an answer. */
const ANSWER_MS = 3000;
const RECONNECT_MS = 1000;

/** A module that only a shared installation needs. Throws InvalidRequest that says how to get it. */
export async function optional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const reason = `needs the package ${name}, which is not installed: npm install ${name}`;
    throw new SegmenterError("InvalidRequest", { reason, path: name }, { cause });
  }
}

/** Connects, and goes on without when Redis is away. Throws InvalidRequest for what is no Redis URL. */
export async function openRedis(url: string, observe: Observe): Promise<SharedRedis> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw new SegmenterError("InvalidRequest", { reason: "expected redis://host:port/number", path: "redis" });
  const { Redis } = await optional("ioredis", () => import("ioredis"));
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
    retryStrategy: () => RECONNECT_MS,
  });
  let told = false;
  let closing = false;
  const lost = (reason: string): void => {
    if (!told && !closing) observe({ kind: "cache-off", tier: "shared", reason });
    told = true;
  };
  client.on("error", (error: Error & { code?: string }) => lost(error.code ?? error.name));
  client.on("close", () => lost("closed"));
  client.on("ready", () => {
    told = false;
  });
  await client.connect().catch(() => {});
  return {
    client,
    isUp: () => client.status === "ready",
    async ask(ask) {
      if (client.status !== "ready") return undefined;
      try {
        return await ask(client);
      } catch (thrown) {
        lost(thrown instanceof Error ? thrown.name : "Error");
        return undefined;
      }
    },
    close() {
      closing = true;
      client.disconnect();
    },
  };
}
