import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gatewayConfig } from "../../scripts/gateway.mjs";
import { freePort } from "./redis.ts";

/** Options of a suite that needs a real nginx: skipped where there is none, and counted at the end of the run. */
export const needsNginx = (): { skip?: true; meta?: { needs: string } } =>
  spawnSync("nginx", ["-v"]).status === 0
    ? {}
    : { skip: true, meta: { needs: "nginx (Debian: apt-get install nginx-light)" } };

/** nginx with `deploy/nginx.conf` before replicas at `host:port`. */
export async function startGateway(replicas: readonly string[]): Promise<{ url: string; close(): Promise<void> }> {
  const [dir, listen] = [mkdtempSync(join(tmpdir(), "gateway-")), `127.0.0.1:${await freePort()}`];
  const config = join(dir, "nginx.conf");
  writeFileSync(config, gatewayConfig({ dir, listen, replicas }));
  const args = ["-c", config, "-e", "stderr", "-g", "daemon off;"];
  const child: ChildProcess = spawn("nginx", args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://${listen}`;
  while (!(await fetch(`${url}/livez`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}.`);
    await sleep(50);
  }
  return {
    url,
    async close() {
      child.kill("SIGTERM");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
