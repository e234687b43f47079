/** Volume jobs in this process, with their progress on the terminal. */
import { isByName } from "../../core/annotation/chain.ts";
import { labelmapOf } from "../../core/annotation/labelmap.ts";
import { type SliceMask, segmentationHeader } from "../../core/annotation/segmentation.ts";
import { type ErrorCode, SegmenterError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ImageInfo, Job, JobPlace, Prompt, SegmentationRequest } from "../../core/wire/index.ts";
import { writeNiftiLabelmap } from "../../formats/index.ts";
import type { Services } from "../services.ts";
import { numberedSegment } from "../work/named-segments.ts";
import { AbsentError, UsageError } from "./args.ts";
import { type Output, withServices } from "./command.ts";
import { writeResult } from "./files.ts";
import { contextOf, type SliceOptions, sliceOptions } from "./prompts.ts";
import { changesOf, nameOf, RESULT_ENDINGS, resultBytes, resultFormat } from "./results.ts";

interface Asked {
  readonly path: string;
  readonly options: SliceOptions;
  readonly prompts: readonly Prompt[];
  readonly target: string | undefined;
}

/** Prompts on one slice, or a name on all of them, through the whole plane. */
export async function propagateThrough({ given, result, note }: Output, asked: Asked): Promise<void> {
  const { path, target } = asked;
  if (target !== undefined && target !== "-" && !/\.(json|nii|nii\.gz)$/.test(target) && !resultFormat(target))
    throw new UsageError(`A volume is written as .nii.gz, .nii, .json, ${RESULT_ENDINGS.join(", ")}.`);
  const { info, job, file } = await withServices(given, async (services) => {
    const { info } = await services.images.open(path);
    for (const warning of info.warnings) note(warning);
    const started = await services.jobs.submit(info.imageId, { ...requestOf(info, asked), ...contextOf(given) });
    const job = await ended(services, started, given.flag("quiet") ? undefined : process.stderr);
    return { info, job, file: await fileOf(services, info, job, asked) };
  });
  for (const change of changesOf(target, info)) note(change);
  await writeResult(target, file ?? jobBytes(target, info, job));
  const [{ masks, measurements }] = job.segments;
  const volume = measurements?.volumeMl == null ? "" : `, ${measurements.volumeMl.toFixed(1)} ml`;
  const doubtful = masks.filter((mask) => mask.doubtful).map(({ slice }) => slice);
  const check = doubtful.length > 0 ? `; check ${doubtful.join(", ")}` : "";
  if (target !== "-") result(job, `${masks.length} slices${volume}${check}${target ? ` → ${target}` : ""}`);
  if (masks.length === 0) throw new AbsentError("The structure was not found.");
}

async function fileOf(services: Services, info: ImageInfo, job: Job, { target, prompts }: Asked) {
  const format = resultFormat(target);
  const [{ masks }] = job.segments;
  if (!format || masks.length === 0) return undefined;
  const { plane } = job;
  const found = masks.map(({ slice, rle, origin }) => ({
    ...{ plane, slice, rle },
    origin: origin === "propagated" ? ("propagated" as const) : ("prompted" as const),
  }));
  return resultBytes(services, { info, format, name: nameOf(prompts), masks: found, byName: isByName(prompts) });
}

function requestOf(info: ImageInfo, { options: { plane, window, slices }, prompts }: Asked): SegmentationRequest {
  const { count } = planeOf(info, plane);
  const slice = slices?.[0] ?? Math.floor(count / 2);
  const [only] = prompts;
  const what =
    prompts.length === 1 && only?.kind === "text"
      ? { text: only.text }
      : { prompts: [{ slice, prompts: [...prompts] }] };
  return { plane, ...(window ? { window } : {}), ...what, propagate: { from: 0, to: count - 1 } };
}

const BAR = 30;

/** Waits for the job and draws its progress where somebody watches. Throws what the job failed with. */
export async function ended({ jobs }: Services, started: Job, terminal: NodeJS.WriteStream | undefined): Promise<Job> {
  let last = started;
  for await (const job of jobs.watch(started.jobId, new AbortController().signal)) {
    last = job;
    const { done, total } = job.progress;
    const filled = Math.round((BAR * done) / Math.max(1, total));
    if (terminal?.isTTY) terminal.write(`\r[${"#".repeat(filled)}${"-".repeat(BAR - filled)}] ${done} of ${total}`);
  }
  if (terminal?.isTTY) terminal.write("\n");
  if (last.problem) throw new SegmenterError(last.problem.code as ErrorCode, last.problem.info as never);
  return last;
}

/** Segment n of the file is the n-th that was found. */
export function jobBytes(target: string | undefined, info: ImageInfo, job: Job): Uint8Array {
  if (!target || target === "-" || target.endsWith(".json"))
    return new TextEncoder().encode(`${JSON.stringify(job)}\n`);
  const found = job.segments.flatMap(({ masks }, n) =>
    masks.map(
      ({ slice, rle, origin }): SliceMask => ({
        segmentId: String(n + 1),
        plane: job.plane,
        slice,
        mask: decodeRle(rle),
        origin: origin === "given" ? "edited" : origin,
      }),
    ),
  );
  const segments = job.segments.map(({ name }, n) => numberedSegment(name, n));
  const segmentation = { header: segmentationHeader(info), segments, masks: found };
  return writeNiftiLabelmap(labelmapOf(segmentation), { gzip: target.endsWith(".gz") });
}

/** `promptomy names NAME --where VOLUME`: the slices that show a structure. */
export async function tellWhere({ given, result, note }: Output, path: string): Promise<void> {
  const [text] = given.positionals;
  if (text === undefined) throw new UsageError("--where needs a name.");
  const { plane } = sliceOptions(given);
  const { job, count } = await withServices(given, async (services) => {
    const { info } = await services.images.open(path);
    for (const warning of info.warnings) note(warning);
    const { count } = planeOf(info, plane);
    const asked = { plane, text, where: true as const, propagate: { from: 0, to: count - 1 } };
    const started = await services.jobs.submit(info.imageId, {
      ...asked,
      ...contextOf(given),
    });
    return { count, job: await ended(services, started, given.flag("quiet") ? undefined : process.stderr) };
  });
  const places = placesOf(job);
  const shown = places.filter((place) => place.shown);
  const best = Math.max(0, ...places.map(({ presence }) => presence));
  result(
    places,
    `${text}: ${shown.length} of ${count} slices${shown.length > 0 ? `, ${runs(shown)}` : ""}; presence up to ${best.toFixed(2)}`,
  );
  if (shown.length === 0) throw new AbsentError("The structure was not found.");
}

const placesOf = ({ segments }: Job): readonly JobPlace[] => segments.flatMap(({ where = [] }) => where);

/** 3, 4, 5, 9 → "3–5, 9". */
export function runs(places: readonly Pick<JobPlace, "slice">[]): string {
  const parts: [from: number, to: number][] = [];
  for (const { slice } of places) {
    const last = parts.at(-1);
    if (last && last[1] === slice - 1) last[1] = slice;
    else parts.push([slice, slice]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}
