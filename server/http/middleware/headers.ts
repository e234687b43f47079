/** Headers that protect the page and its data; every answer carries them. */
import type { MiddlewareHandler } from "hono";
import type { HeaderOptions } from "../deps.ts";

const policy = (frameAncestors: readonly string[]): string =>
  [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    ["frame-ancestors 'self'", ...frameAncestors].join(" "),
  ].join("; ");

/** What every answer carries, errors too. */
export function securityHeaderList({ frameAncestors = [], hsts = false }: HeaderOptions = {}): [string, string][] {
  return [
    ["Content-Security-Policy", policy(frameAncestors)],
    ["Cross-Origin-Opener-Policy", "same-origin"],
    ["Cross-Origin-Embedder-Policy", "require-corp"],
    ["Cross-Origin-Resource-Policy", "same-origin"],
    ["Permissions-Policy", "camera=(), geolocation=(), microphone=()"],
    ["Referrer-Policy", "no-referrer"],
    ["X-Content-Type-Options", "nosniff"],
    ...(hsts ? [["Strict-Transport-Security", "max-age=31536000"] satisfies [string, string]] : []),
  ];
}

/** What a page is loaded for when another one shows it. */
const FRAMES = new Set(["iframe", "frame"]);

/**
 * A page that is cross-origin isolated (COEP) shows a frame of another origin only with `Cross-Origin-Resource-Policy:
 * cross-origin`. Only frames get it, and only where some origin is allowed to frame; which one, `frame-ancestors` says.
 * Whatever a route does not declare cacheable is `no-store`.
 */
export function securityHeaders(options?: HeaderOptions): MiddlewareHandler {
  const always = securityHeaderList(options);
  const mayBeFramed = (options?.frameAncestors ?? []).length > 0;
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    for (const [name, value] of always) headers.set(name, value);
    if (mayBeFramed && FRAMES.has(c.req.header("sec-fetch-dest") ?? ""))
      headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  };
}
