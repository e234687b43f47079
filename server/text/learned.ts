/** The vectors of all names, kept on disk: a large encoder takes a minute for them. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "../../core/tensor/safetensors.ts";
import { float32 } from "../../core/tensor/session.ts";
import { writeWhole } from "../disk/durable.ts";
import { hexOf, sha256 } from "../disk/sha256.ts";
import type { TextEncoder } from "./encoder.ts";
import type { TextFolder } from "./folder.ts";
import { type Called, encodeCalled, type Known } from "./meanings.ts";

/** From the cache where this very encoder has read these very names, else by encoding them. A cache that fails costs time. */
export async function learnNames(
  { called, cacheDir }: { readonly called: readonly Called[]; readonly cacheDir: string },
  { graph, ...rest }: TextFolder,
  encoder: TextEncoder,
): Promise<Known> {
  const dir = join(cacheDir, "names");
  const name = `${hexOf(sha256(await readFile(graph), JSON.stringify([rest, called])))}.safetensors`;
  const kept = await readKept(join(dir, name), called);
  if (kept) return kept;
  const known = await encodeCalled(called, encoder);
  await mkdir(dir, { recursive: true, mode: 0o700 })
    .then(() => writeWhole(dir, name, [packed(known, called)]))
    .catch(() => {});
  return known;
}

/** Names that the encoder could not read have no row: `of` says whose each row is. */
function packed({ called: read, vectors }: Known, called: readonly Called[]): Uint8Array {
  const size = vectors[0]?.length ?? 0;
  const all = new Float32Array(vectors.length * size);
  for (const [n, vector] of vectors.entries()) all.set(vector, n * size);
  const places = new Map(called.map((one, at) => [one, at]));
  const of = Int32Array.from(read, (one) => places.get(one) ?? 0);
  return writeSafetensors({
    vectors: float32(all, [vectors.length, size]),
    of: { type: "int32", data: of, dims: [of.length] },
  });
}

async function readKept(path: string, called: readonly Called[]): Promise<Known | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return undefined;
  try {
    const { vectors, of } = readSafetensors(bytes).tensors;
    const [rows = 0, size = 0] = vectors?.dims ?? [];
    if (!(vectors?.data instanceof Float32Array) || !(of?.data instanceof Int32Array)) return undefined;
    const { data } = vectors;
    const read = [...of.data].flatMap((at) => called[at] ?? []);
    const each = Array.from({ length: rows }, (_, n) => data.subarray(n * size, (n + 1) * size));
    return read.length === rows ? { called: read, vectors: each } : undefined;
  } catch {
    return undefined; // not whole: written again
  }
}
