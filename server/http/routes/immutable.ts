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

type Asked = Pick<Request, "method" | "headers">;

/** What is answered but for its bytes; without a range there are none to send. */
export interface ImmutableAnswer {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly range?: { readonly start: number; readonly end: number };
}

/** Validators and one byte range (RFC 9110 13, 14) for GET and HEAD; several ranges get the whole. */
export function immutableAnswer(
  { method, headers: asked }: Asked,
  { etag, type, size, headers = {}, scope }: Omit<Immutable, "read">,
): ImmutableAnswer {
  const quoted = `"${etag}"`;
  const common = { ...headers, ETag: quoted, "Cache-Control": `${scope}, max-age=31536000, immutable` };
  if (matches(asked.get("if-none-match"), quoted)) return { status: 304, headers: common };
  const condition = asked.get("if-range");
  const inPart = method === "GET" && (condition === null || condition === quoted);
  const range = inPart ? rangeOf(asked.get("range"), size) : { start: 0, end: size - 1 };
  if (!range) return { status: 416, headers: { "Content-Range": `bytes */${size}` } };
  const length = range.end - range.start + 1;
  const partial = length < size;
  const all = { ...common, "Content-Type": type, "Accept-Ranges": "bytes", "Content-Length": String(length) };
  const part = partial ? { "Content-Range": `bytes ${range.start}-${range.end}/${size}` } : {};
  const sends = method !== "HEAD" && size > 0;
  return { status: partial ? 206 : 200, headers: { ...all, ...part }, ...(sends && { range }) };
}

/** Answers a route that gives such a representation. */
export function immutable(c: Context<AppEnv>, { read, ...representation }: Immutable): Response {
  const { status, headers, range } = immutableAnswer(c.req.raw, representation);
  if (status !== 416) return new Response(range ? read(range) : null, { status, headers });
  const problem = httpProblem(416, c.get("requestId"));
  for (const [name, value] of Object.entries(headers)) problem.headers.set(name, value);
  return problem;
}

/** `If-None-Match` compares weakly, so the gzip variant counts as the same. */
function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}

/** The whole for no or an unknown range; `undefined` when it cannot be satisfied. */
function rangeOf(header: string | null, size: number): { start: number; end: number } | undefined {
  const whole = { start: 0, end: size - 1 };
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!found) return whole;
  const [, first = "", last = ""] = found;
  if (first === "" && last === "") return whole;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end && start < size ? { start, end } : undefined;
}
