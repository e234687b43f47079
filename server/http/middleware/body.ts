/** Request bodies under a limit of bytes and of time. */
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { SegmenterError } from "../../../core/errors.ts";
import type { AppEnv } from "../app-env.ts";

/** The chunks of a body as they arrive. Throws 408 when they have not all come within `ms`, Cancelled when the sender left. */
export async function* chunksOf(body: ReadableStream<Uint8Array> | null, ms: number): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, ms);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new SegmenterError("Cancelled", { what: "the request body" }, { cause });
      });
      if (late) throw new HTTPException(408);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    if (!late) reader.releaseLock();
  }
}

/** Text of at most `limit` bytes. Throws TooLarge, and InvalidRequest for bytes that are no UTF-8. */
export async function boundedText(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.byteLength;
    if (total > limit) throw new SegmenterError("TooLarge", { what: "JSON body in bytes", value: total, limit });
    text += decodeStrict(() => decoder.decode(chunk, { stream: true }));
  }
  return text + decodeStrict(() => decoder.decode());
}

function decodeStrict(decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw new SegmenterError("InvalidRequest", { reason: "expected UTF-8" }, { cause });
  }
}

/** Reads a JSON body under its limit and leaves it where Hono's validators look for it. */
export function jsonBody({
  jsonBodyBytes,
  requestMs,
}: {
  jsonBodyBytes: number;
  requestMs: number;
}): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const declared = Number(c.req.header("content-length") ?? 0);
    if (declared > jsonBodyBytes) {
      throw new SegmenterError("TooLarge", { what: "JSON body in bytes", value: declared, limit: jsonBodyBytes });
    }
    const text = await boundedText(chunksOf(c.req.raw.body, requestMs), jsonBodyBytes);
    c.set("bodyRead", true);
    Object.assign(c.req.bodyCache, { text: Promise.resolve(text) }); // Hono types the promises it keeps here as their values
    await next();
  };
}
