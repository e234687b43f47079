/** `npm run bench -- scale`: what more than one machine costs and gives, each number beside what is wanted of it. */
import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { machine } from "../report.ts";
import { ROOT } from "../soak/server.ts";
import { edge } from "./edge.ts";
import { type Played, played } from "./played.ts";
import { queueMs } from "./queue.ts";
import { replicas } from "./replicas.ts";

const fixed = (value: number, digits = 2): string => value.toFixed(digits);

/** Linux with two cores, `taskset` and `redis-server`; the edge's line needs wrangler (`npm run edge`). */
export async function scale(): Promise<void> {
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: ROOT, stdio: ["ignore", process.stderr, "inherit"] });
  console.log(`${machine()}, load ${fixed(loadavg()[0], 1)}\n`);
  const { ratio, ratioByCpu, perS, cpuMsPerEncode, warmMs } = await replicas();
  const queue = await queueMs();
  const near = await edge();
  const warmRatio = warmMs.shared.median / warmMs.own.median;
  const rows = [
    ["", "measured", "wanted"],
    ["---", "---", "---"],
    [
      "2 replicas and Redis on two cores, cold encodes by those of 1 server on one",
      `${fixed(ratio.median)} (${fixed(ratio.min)}–${fixed(ratio.max)}); ${fixed(perS.two, 1)} by ${fixed(perS.one, 1)} a second`,
      "≥ 1.8",
    ],
    [
      "the same by processor time: what two machines would give",
      `${fixed(ratioByCpu)}; ${fixed(cpuMsPerEncode.two, 1)} by ${fixed(cpuMsPerEncode.one, 1)} ms an encode`,
      "≥ 1.8",
    ],
    [
      "warm embedding, shared cache by one's own",
      `${fixed(warmRatio)}; ${fixed(warmMs.shared.median, 1)} by ${fixed(warmMs.own.median, 1)} ms`,
      "≤ 1.3",
    ],
    ["queue, on top of a job", `${fixed(queue.median, 1)} ms (p95 ${fixed(queue.p95, 1)})`, "≤ 5 ms"],
    [
      "edge, on top of a warm embedding",
      near
        ? `${fixed(near.edgeMs.median - near.originMs.median, 1)} ms; ${fixed(near.edgeMs.median, 1)} by ${fixed(near.originMs.median, 1)} ms`
        : "wrangler is not installed",
      "≤ 15 ms",
    ],
  ];
  for (const cells of rows) console.log(`| ${cells.join(" | ")} |`);
  console.log(`\n${told(await played())}`);
  console.log(`\nLoad at the end ${fixed(loadavg()[0], 1)}`);
}

/** The simulation beside two replicas that are really asked. */
function told({ encodeMs, serveMs, load, real, simulated }: Played): string {
  const of = ({ hitRate, waitMs }: Played["real"]): string =>
    `${fixed(100 * hitRate, 1)} % found, wait ${fixed(waitMs.p50, 1)} ms (p95 ${fixed(waitMs.p95, 1)})`;
  return [
    `${load.users} people at ${load.volumes} volumes of ${load.slices} slices, ${load.dwellS} s at a slice; encode ${fixed(encodeMs, 1)} ms, answer ${fixed(serveMs, 1)} ms.`,
    `Two replicas: ${of(real)}. Simulated: ${of(simulated)}.`,
  ].join("\n");
}
