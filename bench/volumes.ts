/**
 * `bench volumes --data FOLDER`: one click on the largest slice of each large organ of a CT, through the server's own jobs.
 * Dice of the volume, slices per second with encoding and already encoded, and the CPU time of server and children, which
 * tells more than the clock on a machine that others use.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sliceGrid, sliceOf } from "../core/image/slice.ts";
import type { Volume } from "../core/image/volume.ts";
import { decodeRle } from "../core/mask/rle.ts";
import { deepestPixel } from "../core/prompt/prompt-logits.ts";
import { type Job, SegmentationRequest } from "../core/wire/index.ts";
import { createServices, type Services } from "../server/services.ts";
import { readSettings } from "../server/settings.ts";
import { labelsOn, organsOf } from "./organs/slices.ts";
import { open } from "./organs/volume.ts";

const STUDY = "tests/ct_dicom_j2k";
const ORGANS: ReadonlyMap<number, string> = new Map([
  [1, "spleen"],
  [5, "liver"],
  [52, "aorta"],
]);
const SOFT = { center: 40, width: 400 };

/** A tick of `/proc/PID/stat` on Linux. */
const TICK_MS = 10;

interface Bench {
  readonly services: Services;
  readonly imageId: `sha256:${string}`;
  readonly request: SegmentationRequest;
  readonly truth: readonly Uint8Array[];
}

export async function volumes(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { data: { type: "string" }, rounds: { type: "string", default: "3" } },
  });
  if (!values.data) throw new RangeError("bench volumes needs --data FOLDER.");
  const [image, labels] = [
    await open(join(values.data, STUDY, "series")),
    await open(join(values.data, STUDY, "labels.nii.gz")),
  ];
  const cacheDir = await mkdtemp(join(tmpdir(), "bench-volumes-"));
  const services = await createServices(readSettings({ cacheDir, device: "cpu" }, process.env));
  try {
    const { info } = await services.images.open(join(values.data, STUDY, "series"));
    for (const { name, k, truth } of organsOf(image, labels, ORGANS)) {
      const [x, y] = deepestPixel(truth) ?? [0, 0];
      const request = SegmentationRequest.parse({
        plane: "axial",
        window: SOFT,
        prompts: [{ slice: k, prompts: [{ kind: "point", x, y, label: "foreground" }] }],
        propagate: { from: 0, to: sliceGrid(image, "axial").count - 1 },
      });
      const id = [...ORGANS].find(([, other]) => other === name)?.[0] ?? 0;
      await organ(
        name,
        { services, imageId: info.imageId, request, truth: truthOf(image, labels, id) },
        Number(values.rounds),
      );
    }
  } finally {
    await services.close({ graceMs: 0 });
    await rm(cacheDir, { recursive: true, force: true });
  }
}

const truthOf = (image: Volume, labels: Volume, id: number): Uint8Array[] =>
  Array.from({ length: sliceGrid(image, "axial").count }, (_, k) =>
    Uint8Array.from(labelsOn(sliceOf(image, "axial", k), labels), (label) => (label === id ? 1 : 0)),
  );

/** Another window is another encoding; another context the same encoding and another job. */
async function organ(name: string, bench: Bench, rounds: number): Promise<void> {
  for (let n = 0; n < rounds; n++) {
    const window = { ...SOFT, width: SOFT.width + n };
    process.stdout.write(`${await timed({ ...bench, request: { ...bench.request, window } })} | ${name}, encoding\n`);
  }
  for (let n = 0; n < rounds; n++) {
    const request = { ...bench.request, context: { bodyPart: `round ${n}` } };
    process.stdout.write(`${await timed({ ...bench, request })} | ${name}, already encoded\n`);
  }
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
  const dice = diceOf(truth, new Map(masks.map(({ slice, rle }) => [slice, decodeRle(rle).data])));
  return `Dice ${dice.toFixed(3)} | ${(masks.length / seconds).toFixed(1)} slices/s | CPU ms a slice: server ${cpu[0]}, encoder ${cpu[1]}, decoder ${cpu[2]}`;
}

function diceOf(truth: readonly Uint8Array[], found: ReadonlyMap<number, Uint8Array>): number {
  let [both, all] = [0, 0];
  truth.forEach((slice, k) => {
    const mask = found.get(k);
    for (let n = 0; n < slice.length; n++) {
      const inside = mask ? mask[n] : 0;
      both += slice[n] & inside;
      all += slice[n] + inside;
    }
  });
  return (2 * both) / all;
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
