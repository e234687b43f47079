/**
 * `npm run bench -- volume-memory --data FOLDER`: the most memory that the server, as it is started by its command, and all its
 * children hold together while a job goes through a CT of 300 slices of 512 × 512 (proportional set size, Linux only).
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ImageInfo, Job } from "../core/wire/index.ts";
import { open } from "./organs/volume.ts";
import { machine } from "./report.ts";
import { childrenOf } from "./soak/processes.ts";
import { announced, ROOT } from "./soak/server.ts";
import { stretched } from "./stretched.ts";

const SLICES = 300;
/** In the liver. */
const CLICK = { kind: "point", x: 165, y: 225, label: "foreground" };
const EVERY_MS = 200;

/** Prints what it measured. */
export async function volumeMemory(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { data: { type: "string" } } });
  if (!values.data) throw new RangeError("bench volume-memory needs --data FOLDER.");
  const body = stretched(await open(join(values.data, "tests/ct_dicom_j2k/series")), SLICES);
  const cache = mkdtempSync(join(tmpdir(), "bench-memory-"));
  const command = ["--import", "tsx", "server/cli.ts", "serve", "--port", "0", "--json", "--quiet"];
  const env = { ...process.env, PROMPTOMY_CACHE_DIR: cache };
  const server = spawn(process.execPath, command, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], env });
  try {
    const { url } = await announced(server);
    const { most, job } = await watched(server.pid ?? 0, url, body);
    const { done, total } = job.progress;
    console.log(`Server and children at most ${most.toFixed(0)} MiB; job ${job.state}, ${done} of ${total} slices`);
    console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await gone;
    rmSync(cache, { recursive: true, force: true });
  }
}

async function watched(pid: number, url: string, body: Uint8Array<ArrayBuffer>): Promise<{ most: number; job: Job }> {
  let most = 0;
  const look = () => {
    most = Math.max(most, treeMib(pid));
  };
  const looking = setInterval(look, EVERY_MS);
  try {
    const { imageId }: ImageInfo = await (await fetch(`${url}/v1/images`, { method: "POST", body })).json();
    const slice = SLICES / 2;
    const request = {
      plane: "axial",
      window: { center: 40, width: 400 },
      prompts: [{ slice, prompts: [CLICK] }],
      propagate: { from: 0, to: SLICES - 1 },
    };
    const headers = { "content-type": "application/json" };
    const asked = { method: "POST", headers, body: JSON.stringify(request) };
    let job: Job = await (await fetch(`${url}/v1/images/${imageId}/segmentations`, asked)).json();
    while (job.state === "queued" || job.state === "running") {
      await sleep(1000);
      job = await (await fetch(`${url}/v1/jobs/${job.jobId}`)).json();
    }
    return { most, job };
  } finally {
    clearInterval(looking);
  }
}

/** What a process and all below it hold, memory that several share counted once. */
function treeMib(pid: number): number {
  try {
    const own = Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1] ?? 0) / 1024;
    return childrenOf(pid).reduce((sum, child) => sum + treeMib(child), own);
  } catch {
    return 0; // it has just ended
  }
}
