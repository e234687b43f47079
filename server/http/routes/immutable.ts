/** Answers whose bytes never change under their address: validators, one byte range, caching for ever. */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";

import { httpProblem } from "../problem.ts";

/** A representation that never changes under its address. */
export interface Immutable {
  /** Without quotes. */
  readonly etag: string;
  readonly type: string;
  readonly size: number;
  /** Bytes `start` to `end`, both included. */
  read(range: { start: number; end: number }): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** `private` for anything made from an image. */
  readonly scope: "private" | "public";
}

/** Answers GET and HEAD with validators and one byte range (RFC 9110 13, 14); several ranges get the whole. */
export function immutable(c: Context<AppEnv>, { etag, type, size, read, headers = {}, scope }: Immutable): Response {
  const quoted = `"${etag}"`;
  const common = { ...headers, ETag: quoted, "Cache-Control": `${scope}, max-age=31536000, immutable` };
  if (matches(c.req.header("if-none-match"), quoted)) return new Response(null, { status: 304, headers: common });
  const whole = { start: 0, end: size - 1 };
  const range = isRangeValid(c, quoted) ? rangeOf(c.req.header("range"), size) : whole;
  if (!range) {
    const problem = httpProblem(416, c.get("requestId"));
    problem.headers.set("Content-Range", `bytes */${size}`);
    return problem;
  }
  const length = range.end - range.start + 1;
  const partial = length < size;
  const all = { ...common, "Content-Type": type, "Accept-Ranges": "bytes", "Content-Length": String(length) };
  const part = partial ? { "Content-Range": `bytes ${range.start}-${range.end}/${size}` } : {};
  const body = c.req.method === "HEAD" || size === 0 ? null : read(range);
  return new Response(body, { status: partial ? 206 : 200, headers: { ...all, ...part } });
}

/** `If-None-Match` compares weakly, so the gzip variant counts as the same. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}

function isRangeValid(c: Context, etag: string): boolean {
  const condition = c.req.header("if-range");
  return c.req.method === "GET" && (condition === undefined || condition === etag);
}

/** The whole for no or an unknown range; `undefined` when it cannot be satisfied. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const whole = { start: 0, end: size - 1 };
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!found) return whole;
  const [, first = "", last = ""] = found;
  if (first === "" && last === "") return whole;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end && start < size ? { start, end } : undefined;
}
