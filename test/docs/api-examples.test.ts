/** The lines of docs/api.md, as a reader pastes them. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpProblem, STATUS } from "../../server/http/problem.ts";
import { type RunningServer, startServer } from "../../server/node.ts";
import { createLog } from "../../server/ops/log.ts";
import { repositoryRoot } from "../support/data.ts";

const installed = (command: string) => spawnSync(command, ["--version"]).status === 0;
const TOOLS = ["bash", "curl", "jq"].every(installed);

let dir: string;
let server: RunningServer;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "api-examples-"));
  const log = createLog({ level: "silent" });
  server = await startServer({ host: "127.0.0.1", port: 0, device: "cpu", cacheDir: join(dir, "cache"), log });
});
afterAll(async () => {
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

/** Blocks that a reader runs, with the heading that each stands under. */
async function blocks(): Promise<{ heading: string; lines: string }[]> {
  const page = await readFile(join(repositoryRoot, "docs/api.md"), "utf8");
  const found: { heading: string; lines: string }[] = [];
  let heading = "";
  for (const [, title, lines] of page.matchAll(/^##+ (.+)$|^```sh\n([\s\S]*?)^```$/gm)) {
    if (title) heading = title;
    if (lines && !lines.startsWith("U=")) found.push({ heading, lines });
  }
  return found;
}

/** In the temporary folder; the server is of this process, which must not wait. */
async function run(script: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn("bash", ["-c", script], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  return { status, stdout, stderr };
}

test.skipIf(!TOOLS)("every line of docs/api.md runs as it stands, and what it asks is answered", async () => {
  const pasted = await blocks();
  expect(pasted.length).toBeGreaterThan(15);
  // One shell for all: a later block uses what an earlier one has kept. Only the last one asks for what is refused.
  const strict = `curl() { command curl --fail-with-body "$@"; }`;
  const script = pasted.map(({ heading, lines }) => (heading === "Errors" ? `unset -f curl\n${lines}` : lines));
  const bash = ["set -euo pipefail", `U=${server.url}`, strict, ...script].join("\n");
  const { status, stdout, stderr } = await run(bash);
  expect(stderr).toBe("");
  expect({ status, end: stdout.slice(-300) }).toMatchObject({ status: 0 });
  expect(stdout).not.toMatch(/\bnull\b/);
  expect(stdout).toMatch(/"code":"InvalidPrompt"/);
  expect((await stat(join(dir, "liver.seg.nrrd"))).size).toBeGreaterThan(1000);
});

const DOMAIN = Object.entries(STATUS).filter(([code]) => code !== "Cancelled"); // nobody is there to read it
const HTTP = [400, 401, 403, 404, 405, 408, 415, 416, 431, 500] as const;

test("the table of errors in docs/api.md has every code, at its status", async () => {
  const page = await readFile(join(repositoryRoot, "docs/api.md"), "utf8");
  const rows = [...page.matchAll(/^\| ([45]\d\d(?:, [45]\d\d)*) \| ([^|]+) \|/gm)];
  const listed = rows.flatMap(([, statuses = "", codes = ""]) =>
    [...codes.matchAll(/`(\w+)`/g)].map(([, code = ""]) => ({ code, statuses: statuses.split(", ").map(Number) })),
  );
  const own = await Promise.all(HTTP.map(async (status) => [(await httpProblem(status).json()).code, status] as const));
  const thrown = new Map<string, number>([...DOMAIN, ...own]);
  expect(listed.map(({ code }) => code).sort()).toEqual([...thrown.keys()].sort());
  for (const { code, statuses } of listed) expect(statuses).toContain(thrown.get(code));
});

const PAGES = [
  "README.md",
  "client/README.md",
  "python/README.md",
  "docs/api.md",
  "docs/archives.md",
  "docs/deploy.md",
];

test.each(PAGES)("every route that %s names is there", async (page) => {
  const written = await readFile(join(repositoryRoot, page), "utf8");
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const known = Object.keys(paths).map((path) => path.replaceAll(/\{\w+\}/g, "*"));
  const named = [...written.matchAll(/(?<![\w/])\/v1\/[\w/:*-]*\w/g)].map(([route]) =>
    route.replaceAll(/:\w+|(?<=\/)ID\b/g, "*"),
  );
  for (const route of named) expect(known.some((path) => `${path}/`.startsWith(`${route}/`))).toBe(true);
});
