/** Inflating with a byte counter: no library's own inflate ever sees a whole untrusted stream. */
import { Gunzip, Inflate, Unzlib } from "fflate";
import { concatBytes } from "./bytes.ts";
import { asReadError, malformed, tooLarge } from "./fail.ts";

export type Wrapping = "raw" | "zlib" | "gzip";

interface Stream {
  ondata: (chunk: Uint8Array<ArrayBuffer>, final: boolean) => void;
  push(chunk: Uint8Array, final?: boolean): void;
}

/** Pushes grow from the first size, so that a header costs little, to the last, which makes at most 16.6 MB (1032:1). */
const FIRST_STEP = 512;
const LAST_STEP = 16384;

const STREAMS: Record<Wrapping, () => Stream> = {
  raw: () => new Inflate(),
  zlib: () => new Unzlib(),
  gzip: () => new Gunzip(),
};

/** Feeds `bytes` step by step until `take` says that it has enough. */
function inflateInto(
  bytes: Uint8Array,
  wrapping: Wrapping,
  format: string,
  take: (chunk: Uint8Array) => "more" | "enough",
) {
  const stream = STREAMS[wrapping]();
  let enough = false;
  stream.ondata = (chunk) => {
    if (!enough && chunk.length > 0) enough = take(chunk) === "enough";
  };
  try {
    for (let at = 0, step = FIRST_STEP; at < bytes.length && !enough; step = Math.min(LAST_STEP, 2 * step)) {
      stream.push(bytes.subarray(at, at + step), at + step >= bytes.length);
      at += step;
    }
  } catch (thrown) {
    if (!enough) throw asReadError(thrown, format, `${wrapping} stream`);
  }
}

/** The whole stream, at most `limit` bytes; TooLarge past it. */
export function inflateAll(
  bytes: Uint8Array,
  wrapping: Wrapping,
  { format, limit }: { format: string; limit: number },
) {
  const chunks: Uint8Array[] = [];
  let total = 0;
  inflateInto(bytes, wrapping, format, (chunk) => {
    total += chunk.length;
    if (total > limit) throw tooLarge(`${format}: inflated bytes`, total, limit);
    chunks.push(chunk);
    return "more";
  });
  return concatBytes(chunks);
}

/** The first `length` bytes of the stream, whatever follows; MalformedFile when it ends before. */
export function inflatePrefix(
  bytes: Uint8Array,
  wrapping: Wrapping,
  { format, length }: { format: string; length: number },
): Uint8Array<ArrayBuffer> {
  const out = inflateUpTo(bytes, wrapping, { format, length });
  if (out.length < length) throw malformed(format, "data", `It ends after ${out.length} of ${length} bytes.`);
  return out;
}

/** `length` bytes of the stream from byte `from` on; what comes before is inflated and dropped. MalformedFile when it ends before. */
export function inflateRange(
  bytes: Uint8Array,
  wrapping: Wrapping,
  { format, from, length }: { format: string; from: number; length: number },
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let at = -from;
  inflateInto(bytes, wrapping, format, (chunk) => {
    const part = chunk.subarray(Math.max(0, -at), Math.max(0, length - at));
    if (at + chunk.length > 0) out.set(part, Math.max(0, at));
    at += chunk.length;
    return at >= length ? "enough" : "more";
  });
  if (at < length)
    throw malformed(format, "data", `It ends after ${Math.max(0, at + from)} of ${from + length} bytes.`);
  return out;
}

/** The first `length` bytes of the stream, or all that it has. */
export function inflateUpTo(
  bytes: Uint8Array,
  wrapping: Wrapping,
  { format, length }: { format: string; length: number },
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let filled = 0;
  inflateInto(bytes, wrapping, format, (chunk) => {
    const part = chunk.subarray(0, length - filled);
    out.set(part, filled);
    filled += part.length;
    return filled === length ? "enough" : "more";
  });
  return out.subarray(0, filled);
}

/** Throws unless the stream inflates to exactly `length` bytes; keeps nothing of it. */
export function checkInflatedLength(bytes: Uint8Array, wrapping: Wrapping, format: string, length: number): void {
  let total = 0;
  inflateInto(bytes, wrapping, format, (chunk) => {
    total += chunk.length;
    return total > length ? "enough" : "more";
  });
  if (total !== length)
    throw malformed(format, "data", `Expected ${length} inflated bytes, got ${total > length ? "more" : total}.`);
}
