/** API keys: a file of their digests, so that reading it gives nobody a key. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { SegmenterError } from "../../core/errors.ts";
import { Digest } from "../../core/wire/index.ts";
import { sha256 } from "../disk/sha256.ts";
import type { Identity } from "./types.ts";

const KeyFile = z.array(z.strictObject({ digest: Digest, tenant: z.string().min(1).max(256) }));

/** Keys of at least 32 characters are random enough that their digest may be looked up. */
const SHORTEST = 32;

/** Looks a key up. Throws InvalidRequest for a file that is not `[{ "digest": "sha256:…", "tenant": "…" }]`. */
export async function readKeys(path: string): Promise<(key: string) => Identity | undefined> {
  const refuse = (reason: string) => new SegmenterError("InvalidRequest", { reason, path: "keys" });
  const text = await readFile(path, "utf8").catch(() => Promise.reject(refuse("the file cannot be read")));
  const parsed = KeyFile.safeParse(jsonOf(text));
  if (!parsed.success) throw refuse('expected [{ "digest": "sha256:…", "tenant": "…" }]');
  const tenants = new Map(parsed.data.map(({ digest, tenant }) => [digest, tenant]));
  return (key) => {
    const tenant = key.length < SHORTEST ? undefined : tenants.get(sha256(key));
    return tenant === undefined ? undefined : { tenant };
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
