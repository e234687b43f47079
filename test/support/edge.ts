/** The edge in Cloudflare's local runtime, as `npm run edge` starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repositoryRoot } from "./data.ts";
import { freePort } from "./redis.ts";

/** Options of a suite that needs it. */
export const needsEdge = (): { skip?: true; meta?: { needs: string } } =>
  existsSync(join(repositoryRoot, "edge/node_modules/wrangler"))
    ? {}
    : { skip: true, meta: { needs: "wrangler in edge/ (npm run edge)" } };

/** Starts an edge before origins, its R2 in a folder of its own; `end` stops its processes too. */
export async function startEdge(state: string, origins: readonly string[]): Promise<{ url: string; end(): void }> {
  const port = await freePort();
  const args = ["scripts/edge.mjs", "--port", String(port), "--origins", origins.join(), "--state", state];
  const child: ChildProcess = spawn(process.execPath, args, { cwd: repositoryRoot, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/livez`)
      .then(({ ok }) => ok)
      .catch(() => false);
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error("The edge ended.");
    await sleep(200);
  }
  return { url, end: () => child.kill("SIGTERM") };
}
