/**
 * `bench volumes --data FOLDER [--study trunk]`: one click on the largest slice of each organ, through the server's own
 * jobs. Dice of the volume, slices beyond its ends and missed, slices per second with encoding and already encoded, and the
 * CPU time of server and children, which tells more than the clock on a machine that others use.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { decodeRle } from "../core/mask/rle.ts";
import type { Job } from "../core/wire/index.ts";
import { createServices, type Services } from "../server/services.ts";
import { readSettings } from "../server/settings.ts";
import { type AskedOrgan, diceOf, endsOf, organsToAsk, PROPAGATED, SOFT } from "./organs/propagated.ts";

interface Bench extends AskedOrgan {
  readonly services: Services;
}

/** A tick of `/proc/PID/stat` on Linux. */
const TICK_MS = 10;

export async function volumes(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: "string" },
      rounds: { type: "string", default: "3" },
      study: { type: "string", default: "abdomen" },
    },
  });
  if (!values.data) throw new RangeError("bench volumes needs --data FOLDER.");
  const study = PROPAGATED[values.study];
  if (!study) throw new RangeError(`Expected one of ${Object.keys(PROPAGATED).join(", ")}, got "${values.study}".`);
  const cacheDir = await mkdtemp(join(tmpdir(), "bench-volumes-"));
  const services = await createServices(readSettings({ cacheDir, device: "cpu" }, process.env));
  try {
    let last: Bench | undefined;
    let others = 0;
    for await (const asked of organsToAsk(services, values.data, study)) {
      last = { ...asked, services };
      await organ(last, Number(values.rounds), others++);
    }
    if (last) await cancels(last, Number(values.rounds));
  } finally {
    await services.close({ graceMs: 0 });
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** Another window is another encoding, of the slices of other organs too; another context the same encoding and another job. */
async function organ(bench: Bench, rounds: number, others: number): Promise<void> {
  const { center, width } = bench.request.window ?? SOFT;
  for (let n = 0; n < rounds; n++) {
    const window = { center, width: width + n + others * rounds };
    process.stdout.write(
      `${await timed({ ...bench, request: { ...bench.request, window } })} | ${bench.name}, encoding\n`,
    );
  }
  for (let n = 0; n < rounds; n++) {
    const window = { center, width: width + others * rounds };
    const request = { ...bench.request, window, context: { bodyPart: `round ${n}` } };
    process.stdout.write(`${await timed({ ...bench, request })} | ${bench.name}, already encoded\n`);
  }
}

/** Cancelled jobs, each on slices that are not encoded yet; children that are killed for it are started anew. */
async function cancels(bench: Bench, rounds: number): Promise<void> {
  const { center, width } = bench.request.window ?? SOFT;
  const times: string[] = [];
  for (let n = 1; n <= rounds; n++) {
    const ms = await cancelled({ ...bench, request: { ...bench.request, window: { center: center + n, width } } });
    times.push(ms.toFixed(0));
  }
  process.stdout.write(`ms until a cancelled job leaves the children alone: ${times.join(", ")}\n`);
}

async function timed({ services, imageId, request, truth }: Bench): Promise<string> {
  const before = await cpuMs(services);
  const started = performance.now();
  const { jobId } = await services.jobs.submit(imageId, request);
  let job: Job | undefined;
  for await (const seen of services.jobs.watch(jobId, new AbortController().signal)) job = seen;
  const seconds = (performance.now() - started) / 1000;
  const after = await cpuMs(services);
  const masks = job?.segments[0].masks ?? [];
  const cpu = after.map((ms, n) => ((ms - before[n]) / Math.max(1, masks.length)).toFixed(0));
  const found = new Map(masks.map(({ slice, rle }) => [slice, decodeRle(rle).data]));
  return [
    `Dice ${diceOf(truth, found).toFixed(3)}`,
    endsOf(truth, found),
    `${(masks.length / seconds).toFixed(1)} slices/s`,
    `CPU ms a slice: server ${cpu[0]}, encoder ${cpu[1]}, decoder ${cpu[2]}`,
  ].join(" | ");
}

/** Milliseconds from the cancelling of a job that has its first masks until no child works for it any more. */
async function cancelled({ services, imageId, request }: Bench): Promise<number> {
  const { jobId } = await services.jobs.submit(imageId, request);
  for await (const { segments } of services.jobs.watch(jobId, new AbortController().signal))
    if ((segments[0]?.masks.length ?? 0) >= 3) break;
  const started = performance.now();
  await services.jobs.cancel(jobId);
  const isBusy = () => {
    const { encode, decode } = services.pool.stats();
    return [encode, decode].some(({ busy, queued }) => busy + queued > 0);
  };
  while (isBusy()) await sleep(1);
  return performance.now() - started;
}

/** CPU time so far of the server, its encoders and its decoders. */
async function cpuMs({ pool }: Services): Promise<readonly number[]> {
  const { user, system } = process.cpuUsage();
  const { encode, decode } = pool.stats();
  const times = [encode, decode].map(async ({ pids }) => {
    const each = await Promise.all(pids.map(async (pid) => ticksOf(await readFile(`/proc/${pid}/stat`, "utf8"))));
    return TICK_MS * each.reduce((sum, ticks) => sum + ticks, 0);
  });
  return [(user + system) / 1000, ...(await Promise.all(times))];
}

/** User and system time: the 14th and 15th field of proc(5); the name in the second one may hold spaces. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
