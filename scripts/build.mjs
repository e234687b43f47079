// Builds the server (tsc → dist/) and the viewer (Vite → dist/app), each only when its sources are newer than its output;
// `build("examples")` the examples as well.
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./install.mjs";

const BUILDS = [
  {
    name: "server",
    sources: ["core", "formats", "server", "tsconfig.base.json", "package-lock.json"],
    build: () => run("npx", ["--no-install", "tsc", "-b", "server"]),
  },
  {
    name: "app",
    sources: ["core", "formats", "client", "package-lock.json"],
    build: () => run("npx", ["--no-install", "vite", "build", "client/app", "--logLevel", "warn"]),
  },
  {
    name: "examples",
    sources: ["core", "formats", "client", "examples", "package-lock.json"],
    build: () => run("npx", ["--no-install", "vite", "build", "examples", "--logLevel", "warn"]),
  },
];

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const entries = readdirSync(path).filter((name) => name !== "node_modules" && name !== "dist");
  return Math.max(0, ...entries.map((name) => newest(join(path, name))));
}

function builtAt(stamp) {
  return statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export function build(...wanted) {
  mkdirSync(join(root, "dist"), { recursive: true });
  for (const { name, sources, build } of BUILDS.filter(({ name }) => wanted.includes(name))) {
    const stamp = join(root, "dist", `.${name}-built`);
    const started = new Date();
    if (Math.max(...sources.map((source) => newest(join(root, source)))) < builtAt(stamp)) continue;
    console.error(`Building the ${name} …`);
    build();
    writeFileSync(stamp, "");
    utimesSync(stamp, started, started); // a source saved during the build counts as newer
  }
}

build("server", "app");
