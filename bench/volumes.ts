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
import { sliceGrid, sliceOf } from "../core/image/slice.ts";
import type { Volume, Window } from "../core/image/volume.ts";
import { defaultWindow } from "../core/image/window.ts";
import type { Mask } from "../core/mask/mask.ts";
import { decodeRle } from "../core/mask/rle.ts";
import { deepestPixel } from "../core/prompt/prompt-logits.ts";
import { type Job, type Prompt, SegmentationRequest } from "../core/wire/index.ts";
import { createServices, type Services } from "../server/services.ts";
import { readSettings } from "../server/settings.ts";
import { boxAround } from "./accuracy/user.ts";
import { labelsOn, organsOf } from "./organs/slices.ts";
import { open } from "./organs/volume.ts";

interface Study {
  readonly image: string;
  readonly labels: string;
  readonly organs: Readonly<Record<number, string>>;
  /** What is said of the largest slice; one click when left out. */
  readonly said?: (seed: Mask) => Prompt[];
}

const click = (seed: Mask): Prompt => {
  const [x, y] = deepestPixel(seed) ?? [0, 0];
  return { kind: "point", x, y, label: "foreground" };
};

const TRUNK = {
  image: "train/label-volumes/trunk/ct-01.nii.gz",
  labels: "train/label-volumes/trunk/ct-01-labels.nii.gz",
  organs: {
    ...{ 1: "spleen", 2: "right kidney", 3: "left kidney", 4: "gallbladder", 5: "liver" },
    ...{ 52: "aorta", 21: "urinary bladder" },
  },
};

const STUDIES: Readonly<Record<string, Study>> = {
  abdomen: {
    image: "tests/ct_dicom_j2k/series",
    labels: "tests/ct_dicom_j2k/labels.nii.gz",
    organs: { 1: "spleen", 5: "liver", 52: "aorta" },
  },
  spleen: {
    image: "tests/nifti/spleen2_ct.nii.gz",
    labels: "tests/nifti/spleen2_seg.nii.gz",
    organs: { 1: "spleen" },
    said: (seed) => [boxAround(seed)],
  },
  mr: {
    image: "tests/nifti/example_mr_sm.nii.gz",
    labels: "tests/nifti/example_seg_mr.nii.gz",
    organs: { 1: "spleen", 2: "right kidney", 3: "left kidney", 5: "liver" },
  },
  trunk: TRUNK,
  "trunk-boxed": { ...TRUNK, said: (seed) => [boxAround(seed), click(seed)] },
};
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
    options: {
      data: { type: "string" },
      rounds: { type: "string", default: "3" },
      study: { type: "string", default: "abdomen" },
    },
  });
  if (!values.data) throw new RangeError("bench volumes needs --data FOLDER.");
  const study = STUDIES[values.study];
  if (!study) throw new RangeError(`Expected one of ${Object.keys(STUDIES).join(", ")}, got "${values.study}".`);
  const cacheDir = await mkdtemp(join(tmpdir(), "bench-volumes-"));
  const services = await createServices(readSettings({ cacheDir, device: "cpu" }, process.env));
  try {
    let last: Bench | undefined;
    for await (const { name, ...bench } of organsToAsk(services, values.data, study)) {
      await organ(name, bench, Number(values.rounds));
      last = bench;
    }
    if (last) await cancels(last, Number(values.rounds));
  } finally {
    await services.close({ graceMs: 0 });
    await rm(cacheDir, { recursive: true, force: true });
  }
}

async function* organsToAsk(services: Services, data: string, study: Study): AsyncGenerator<Bench & { name: string }> {
  const { said = (seed: Mask) => [click(seed)] } = study;
  const [image, labels] = [await open(join(data, study.image)), await open(join(data, study.labels))];
  const { info } = await services.images.open(join(data, study.image));
  const names = new Map(Object.entries(study.organs).map(([id, name]) => [Number(id), name]));
  for (const { name, k, truth: seed } of organsOf(image, labels, names)) {
    const request = SegmentationRequest.parse({
      plane: "axial",
      window: windowOf(image),
      prompts: [{ slice: k, prompts: said(seed) }],
      propagate: { from: 0, to: sliceGrid(image, "axial").count - 1 },
    });
    const id = [...names].find(([, other]) => other === name)?.[0] ?? 0;
    yield { name, services, imageId: info.imageId, request, truth: truthOf(image, labels, id) };
  }
}

function windowOf(image: Volume): Window {
  const { center, width } = image.modality === "CT" ? SOFT : defaultWindow(image);
  return { center, width };
}

const truthOf = (image: Volume, labels: Volume, id: number): Uint8Array[] =>
  Array.from({ length: sliceGrid(image, "axial").count }, (_, k) =>
    Uint8Array.from(labelsOn(sliceOf(image, "axial", k), labels), (label) => (label === id ? 1 : 0)),
  );

/** Another window is another encoding; another context the same encoding and another job. */
async function organ(name: string, bench: Bench, rounds: number): Promise<void> {
  const { center, width } = bench.request.window ?? SOFT;
  for (let n = 0; n < rounds; n++) {
    const window = { center, width: width + n };
    process.stdout.write(`${await timed({ ...bench, request: { ...bench.request, window } })} | ${name}, encoding\n`);
  }
  for (let n = 0; n < rounds; n++) {
    const request = { ...bench.request, context: { bodyPart: `round ${n}` } };
    process.stdout.write(`${await timed({ ...bench, request })} | ${name}, already encoded\n`);
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

/** Slices that are marked beyond the first and the last one that shows the organ, and those that show it and are not marked. */
function endsOf(truth: readonly Uint8Array[], found: ReadonlyMap<number, Uint8Array>): string {
  const shown = [...truth.keys()].filter((k) => truth[k].includes(1));
  const marked = [...found].filter(([, mask]) => mask.includes(1)).map(([k]) => k);
  const beyond = marked.filter((k) => k < shown[0] || k > shown[shown.length - 1]).length;
  return `beyond ${beyond}, missed ${shown.filter((k) => !marked.includes(k)).length} of ${shown.length}`;
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
