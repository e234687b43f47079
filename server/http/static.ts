/** The files of built pages, found by their URL. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { hexOf, sha256 } from "../disk/sha256.ts";
import type { FindStatic, StaticFile } from "./deps.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Vite's `name-Ab12Cd34.js`. */
const HASHED = /-[\w-]{8,}\.\w+$/;

/**
 * Lists a folder once; a request is a look-up in that list, so no path of a request ever reaches the disk. `at` is the URL of
 * the folder, with slashes around; a folder answers with its `index.html`.
 */
export function staticFiles(dir: string, at = "/"): FindStatic {
  const files = new Map<string, StaticFile>();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `${at}${relative(dir, path).split(sep).join("/")}`;
    const file = describe(path, entry.name);
    files.set(url, file);
    if (entry.name === "index.html") files.set(url.slice(0, -entry.name.length), file);
  }
  return (urlPath) => files.get(urlPath);
}

function describe(path: string, name: string): StaticFile {
  const bytes = readFileSync(path);
  return {
    path,
    bytes: bytes.byteLength,
    type: TYPES[extname(name)] ?? "application/octet-stream",
    etag: hexOf(sha256(bytes)).slice(0, 32),
    immutable: HASHED.test(name),
  };
}
