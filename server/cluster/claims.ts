/** One replica at a time: a lease in Redis, by SET NX PX with a token of its holder (redis.io, "Distributed locks"). */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SegmenterError } from "../../core/errors.ts";
import type { SharedRedis } from "../stores/connection.ts";
import type { ClaimedWork, Claims } from "../work/claims.ts";

export interface RedisClaimOptions {
  readonly redis: SharedRedis;
  /** Of every key. */
  readonly prefix: string;
  /** A holder that has died gives way after this long; one that lives renews. */
  readonly leaseMs?: number;
}

const LEASE_MS = 10_000;
/** How often those who wait look, from the first time to the last. */
const LOOK_MS = { first: 10, most: 200 };

/** Only the holder may: it may have lost the lease to another since. */
const RENEW =
  'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0';
const RELEASE = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0';

/** Claims among all replicas of one Redis. Without Redis each does the work itself: encoding twice costs time, nothing else. */
export function redisClaims({ redis, prefix, leaseMs = LEASE_MS }: RedisClaimOptions): Claims {
  const hold = async <T>(name: string, token: string, { find, work }: ClaimedWork<T>): Promise<T> => {
    const renewal = setInterval(() => redis.ask((r) => r.eval(RENEW, 1, name, token, leaseMs)), leaseMs / 3);
    const release = (): void => {
      clearInterval(renewal);
      redis.ask((r) => r.eval(RELEASE, 1, name, token));
    };
    try {
      const found = await find(); // stored between our first look and our claim
      if (found !== undefined) {
        release();
        return found;
      }
      const { value, stored } = await work();
      stored.finally(release);
      return value;
    } catch (thrown) {
      release();
      throw thrown;
    }
  };
  return async (key, claimed) => {
    const [name, token] = [`${prefix}claim:${key}`, randomUUID()];
    const take = () => redis.ask((r) => r.set(name, token, "PX", leaseMs, "NX"));
    for (;;) {
      const answer = await take();
      if (answer === undefined) return (await claimed.work()).value;
      if (answer === "OK") return hold(name, token, claimed);
      await released(redis, name, claimed.signal);
      const found = await claimed.find();
      if (found !== undefined) return found;
    }
  };
}

/** Waits until nobody holds the key, or Redis is away. Throws Cancelled. */
async function released(redis: SharedRedis, name: string, signal: AbortSignal): Promise<void> {
  for (let ms = LOOK_MS.first; ; ms = Math.min(ms * 1.5, LOOK_MS.most)) {
    await sleep(ms, undefined, { signal }).catch((cause) => {
      throw new SegmenterError("Cancelled", { what: "embedding" }, { cause });
    });
    if ((await redis.ask((r) => r.exists(name))) !== 1) return;
  }
}
