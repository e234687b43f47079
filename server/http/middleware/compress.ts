/** gzip for answers. */
import type { MiddlewareHandler } from "hono";

const MIN_BYTES = 1024;
const COMPRESSIBLE =
  /^(?:text\/(?!event-stream)|application\/(?:json|problem\+json|vnd\.promptomy\.|vnd\.oai|octet-stream;voxels))/;

/** gzip for answers that gain by it. Parts, streams, pictures and weights pass as they are. */
export function compressed(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { res } = c;
    const type = res.headers.get("Content-Type") ?? "";
    if (!COMPRESSIBLE.test(type) || res.headers.has("Content-Encoding")) return;
    res.headers.append("Vary", "Accept-Encoding");
    const bytes = Number(res.headers.get("Content-Length") ?? Number.NaN);
    const wanted = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\b)/.test(c.req.header("accept-encoding") ?? "");
    if (!wanted || bytes < MIN_BYTES || !res.body || res.status !== 200 || c.req.method === "HEAD") return;
    c.res = new Response(res.body.pipeThrough(new CompressionStream("gzip")), res);
    c.res.headers.delete("Content-Length");
    c.res.headers.delete("Accept-Ranges");
    c.res.headers.set("Content-Encoding", "gzip");
    const etag = res.headers.get("ETag");
    if (etag?.startsWith('"')) c.res.headers.set("ETag", `W/${etag}`);
  };
}
