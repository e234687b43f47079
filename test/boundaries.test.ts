import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "./support/data.ts";

/** Folder → what its files may import: folders of ours, then packages. `docs/architecture.md` draws the same arrows. */
const ALLOWED: Record<string, { ours: readonly string[]; packages: readonly (string | RegExp)[] }> = {
  "core/wire": { ours: ["core/wire"], packages: ["zod"] },
  core: { ours: ["core", "core/wire"], packages: [] },
  formats: {
    ours: ["formats", "core", "core/wire"],
    packages: [/^@cornerstonejs\/codec-/, /^@jsquash\//, "fast-png", "fflate", "jpeg-lossless-decoder-js"],
  },
  server: {
    ours: ["server", "formats", "core", "core/wire"],
    packages: [
      ...[/^node:/, /^hono/, /^@hono\//, "zod", "onnxruntime-node", "lru-cache", "pino", "prom-client", "citty"],
      ...["ioredis", "bullmq", "aws4fetch", "jose", "@huggingface/tokenizers"], // optional: loaded when asked for
    ],
  },
  client: {
    ours: ["client", "core"],
    packages: ["comlink", /^@noble\/hashes/, /^onnxruntime-web/, "@huggingface/tokenizers"],
  },
  "client/app": {
    ours: ["client/app", "client", "formats", "core", "core/wire"],
    packages: [/^lit/, /^@kitware\/vtk\.js/, /\.?wasm\?url$/, "comlink", "idb", "vite", /^node:/],
  },
};

/** Only these know a runtime; the app and its routes are values (`design.md`, Folders). */
const RUNTIME_FREE = ["server/app.ts", "server/http/problem.ts", "server/http/routes/"];

/** A room is a folder. These files stand at a door and count as rooms of their own: they only give, or only take. */
const DOORS = ["core/errors.ts", "core/digest.ts", "client/types.ts", "server/cli.ts"];

/** More than this in one room are two ideas. */
const MOST_FILES = 15;

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|import\("([^"]+)"\)/gm;

function sources(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .filter((path) => path.endsWith(".ts") && !path.includes("node_modules") && !path.includes("/dist/"));
}

/** The most specific rule of `ALLOWED` that holds for a path. */
function area(path: string): string | undefined {
  return Object.keys(ALLOWED)
    .filter((folder) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function imports(path: string): { specifier: string; typeOnly: boolean }[] {
  const text = readFileSync(join(repositoryRoot, path), "utf8");
  return [...text.matchAll(IMPORT)].map(([, type, from, dynamic]) => ({
    specifier: from ?? dynamic ?? "",
    typeOnly: type !== undefined,
  }));
}

function violations(path: string): string[] {
  const rule = ALLOWED[area(path) ?? ""];
  return imports(path).flatMap(({ specifier, typeOnly }) => {
    if (specifier.startsWith(".")) {
      const target = area(posix.join(posix.dirname(path), specifier)) ?? "outside";
      // Types cross into core/wire freely: they are erased, and zod stays out of the client's bundle.
      const allowed = rule?.ours.includes(target) || (typeOnly && target === "core/wire");
      return allowed ? [] : [`${path} imports ${specifier} (${target})`];
    }
    const known = rule?.packages.some((name) => (typeof name === "string" ? name === specifier : name.test(specifier)));
    return known ? [] : [`${path} imports ${specifier}`];
  });
}

const files = ["core", "formats", "server", "client"].flatMap(sources);

const roomOf = (path: string): string => (DOORS.includes(path) ? path : posix.dirname(path));

const targetsOf = (path: string): string[] =>
  imports(path)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => posix.join(posix.dirname(path), specifier));

/** Every circle of a graph, as the path that closes it. */
function circles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (node: string, trail: readonly string[]): void => {
    const at = trail.indexOf(node);
    if (at >= 0) found.push([...trail.slice(at), node].join(" → "));
    if (at >= 0 || done.has(node)) return;
    for (const next of edges.get(node) ?? []) walk(next, [...trail, node]);
    done.add(node);
  };
  for (const node of edges.keys()) walk(node, []);
  return found;
}

/** Which names import which, type-only imports included; a name that imports itself is no edge. */
function graphOf(name: (path: string) => string): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const path of files) {
    const targets = edges.get(name(path)) ?? new Set();
    for (const target of targetsOf(path)) if (name(target) !== name(path)) targets.add(name(target));
    edges.set(name(path), targets);
  }
  return edges;
}

describe("rooms", () => {
  test("no file and no room imports itself through others", () => {
    expect(circles(graphOf((path) => path))).toEqual([]);
    expect(circles(graphOf(roomOf))).toEqual([]);
  });

  test(`none holds more than ${MOST_FILES} files, styles aside`, () => {
    const rooms = new Map<string, number>();
    for (const path of files.filter((path) => !path.endsWith("-styles.ts"))) {
      const room = posix.dirname(path);
      rooms.set(room, (rooms.get(room) ?? 0) + 1);
    }
    const crowded = [...rooms].filter(([, count]) => count > MOST_FILES).map(([room]) => room);
    expect(crowded).toEqual([]);
  });
});

describe("import arrows", () => {
  test("every folder imports only what the architecture allows", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(violations)).toEqual([]);
  });

  test("core imports zod nowhere but in core/wire, and wire schemas elsewhere only as types", () => {
    const values = files
      .filter((path) => area(path) === "core")
      .flatMap((path) =>
        imports(path)
          .filter((i) => !i.typeOnly && i.specifier.includes("wire/"))
          .map((i) => `${path}: ${i.specifier}`),
      );
    expect(values).toEqual([]);
  });

  test("the app and its routes know no runtime", () => {
    const leaks = files
      .filter((path) => RUNTIME_FREE.some((prefix) => path.startsWith(prefix)))
      .flatMap((path) =>
        imports(path)
          .filter((i) => /^node:|onnxruntime/.test(i.specifier))
          .map((i) => `${path}: ${i.specifier}`),
      );
    expect(leaks).toEqual([]);
  });
});
