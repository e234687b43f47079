import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repositoryRoot } from "./data.ts";
import { freePort } from "./redis.ts";

/** Where `npm run test:engines` installs the Python servers. */
export const engine = (name: string): string => join(repositoryRoot, ".cache/engines/bin", name);

/** Options of a suite that needs one of them. */
export const needsEngine = (name: string): { skip?: true; meta?: { needs: string } } =>
  existsSync(engine(name)) ? {} : { skip: true, meta: { needs: `${name} (npm run test:engines)` } };

/** Starts a server and waits until it answers; `end` asks it to go, since Ray has processes of its own to end. */
export async function startEngine(
  name: string,
  args: (port: number) => readonly string[],
  ready: string,
): Promise<{ url: string; end(): void }> {
  const port = await freePort();
  const child: ChildProcess = spawn(engine(name), args(port), { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(url + ready).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${errors}`);
    await sleep(100);
  }
  return { url, end: () => child.kill("SIGTERM") };
}
