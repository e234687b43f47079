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

/** Sets them, and `no-store` on whatever a route does not declare cacheable. */
export function securityHeaders(options?: HeaderOptions): MiddlewareHandler {
  const always = securityHeaderList(options);
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    for (const [name, value] of always) headers.set(name, value);
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  };
}
