/** `promptomy segment`: the one answer path on files of this machine. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isByName } from "../../core/annotation/chain.ts";
import { labelmapOf } from "../../core/annotation/labelmap.ts";
import { type Segmentation, type SliceMask, segmentationHeader } from "../../core/annotation/segmentation.ts";
import { planeOf } from "../../core/image/planes.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ImageInfo, Job, MaskRequest, MaskResponse, Prompt } from "../../core/wire/index.ts";
import { writeMaskPng, writeNiftiLabelmap } from "../../formats/index.ts";
import type { Services } from "../services.ts";
import { lineOfName, namedLabelmap, namedSegments } from "../work/named-segments.ts";
import { AbsentError, UsageError } from "./args.ts";
import { command, type Output, withServices } from "./command.ts";
import { requirePath, requireTarget, writeResult } from "./files.ts";
import {
  CONTEXT_ARGS,
  contextOf,
  PROMPT_ARGS,
  promptsOf,
  SLICE_ARGS,
  type SliceOptions,
  sliceOptions,
  zoomOf,
} from "./prompts.ts";
import { ended, jobBytes, propagateThrough } from "./propagate.ts";
import { changesOf, nameOf, RESULT_ENDINGS, resultBytes, resultFormat } from "./results.ts";

const FORMATS = [".png", ".nii.gz", ".nii", ".json", ...RESULT_ENDINGS];

/** The answer on one slice. */
interface Answered {
  readonly slice: number;
  readonly answer: MaskResponse;
}

export const segment = command({
  name: "segment",
  description: "Segment one structure in an image, or in slices of a volume",
  args: {
    file: { type: "positional", description: "An image, a volume, or a folder with one series" },
    ...PROMPT_ARGS,
    ...SLICE_ARGS,
    ...CONTEXT_ARGS,
    slice: { ...SLICE_ARGS.slice, description: "Slice number from 0 (the middle one), or several", valueHint: "k[:k]" },
    zoom: {
      type: "string",
      description: "A closer look at what is small: auto, always (also by a name alone) or never",
      valueHint: "when",
    },
    find: { type: "string", description: "all: every structure whose name was measured to work", valueHint: "all" },
    propagate: { type: "boolean", description: "From the slice named (or the middle one) through the whole volume" },
    output: {
      type: "string",
      alias: "o",
      description:
        "mask.png, .nii.gz, .json, .dcm (DICOM SEG), .seg.nrrd, .geojson; - is standard output; a folder for several slices",
    },
  },
  async run({ given, result, note }) {
    const path = requirePath(given);
    const options = sliceOptions(given);
    const several = options.slices !== undefined && options.slices[1] > options.slices[0];
    const target = given.value("output");
    await requireTarget(target, { isFolder: several && !FORMATS.some((end) => target?.endsWith(end)) });
    if (given.value("find") !== undefined) return segmentAll({ given, result, note }, path, options);
    const prompts = await promptsOf(given);
    const zoom = zoomOf(given);
    if (!several && target !== undefined && target !== "-" && !FORMATS.some((end) => target.endsWith(end)))
      throw new UsageError(`-o expects a name that ends in ${FORMATS.join(", ")}.`);
    if (several && (target === undefined || target === "-"))
      throw new UsageError("Several slices need a folder or a .nii.gz: -o DIR.");
    if (several && target?.endsWith(".png"))
      throw new UsageError("A .png holds one slice: -o DIR writes one for each, a .nii.gz holds all.");
    if (given.value("zoom") !== undefined && (namesSeveral(prompts) || given.flag("propagate")))
      throw new UsageError(ZOOM_OF_ONE);
    if (namesSeveral(prompts) && (several || given.flag("propagate")))
      throw new UsageError("Several names are asked on one slice; ask one name at a time, or --find all.");
    if (given.flag("propagate")) return propagateThrough({ given, result, note }, { path, options, prompts, target });
    const [only] = prompts;
    if (only?.kind === "text" && namesSeveral(prompts))
      return segmentNames({ given, result, note }, { path, options, text: only.text, target });
    const { info, answers, file } = await withServices(given, async (services) => {
      const { info } = await services.images.open(path);
      for (const warning of info.warnings) note(warning);
      const request = { ...options, ...contextOf(given), imageId: info.imageId, prompts, zoom };
      const answers = await askAll(services, slicesOf(info, options), request);
      return { info, answers, file: await fileOf(services, { target, answers, info, options, prompts }) };
    });
    for (const change of changesOf(target, info)) note(change);
    await (file ? writeResult(target, file) : write(target, answers, info, options));
    if (target !== "-") result(several ? answers : answers[0]?.answer, summaryOf(answers, target));
    if (answers.every(isAbsent)) throw new AbsentError("The structure was not found.");
  },
});

const ZOOM_OF_ONE = "--zoom is for one structure on slices that are named.";

const namesSeveral = ([only, ...others]: readonly Prompt[]): boolean =>
  only?.kind === "text" && others.length === 0 && /[,;，、；]/.test(only.text);

interface NamesAsked {
  readonly path: string;
  readonly options: SliceOptions;
  readonly text: string;
  readonly target: string | undefined;
}

/** `--text "liver, spleen"`: each name is a segment of one slice. */
async function segmentNames(
  { given, result, note }: Output,
  { path, options, text, target }: NamesAsked,
): Promise<void> {
  if (target !== undefined && target !== "-" && !/\.(nii|nii\.gz|json)$/.test(target))
    throw new UsageError("Several names need -o that ends in .nii.gz, .nii or .json.");
  const { info, place, answers } = await withServices(given, async (services) => {
    const { info } = await services.images.open(path);
    for (const warning of info.warnings) note(warning);
    const { plane, window } = options;
    const place = { plane, slice: slicesOf(info, options)[0] ?? 0, window, ...contextOf(given) };
    return { info, place, answers: await namedSegments(services, text, info, place) };
  });
  if (answers.length === 0) throw new UsageError("--text names nothing.");
  const asJson = target === "-" || target?.endsWith(".json");
  const json = () => new TextEncoder().encode(`${JSON.stringify(answers)}\n`);
  const labels = () => namedLabelmap(answers, info, place, { gzip: target?.endsWith(".gz") ?? false });
  if (target !== undefined) await writeResult(target, asJson ? json() : labels());
  if (target !== "-") result(answers, [...answers.map(lineOfName), ...writtenTo(target)].join("\n"));
  if (answers.every(({ answer }) => !answer || isAbsent({ answer }))) throw new AbsentError("No structure was found.");
}

/** `--find all`: every structure that is found on the slices that were named, each a segment. */
async function segmentAll({ given, result, note }: Output, path: string, options: SliceOptions): Promise<void> {
  const target = given.value("output");
  if (given.value("find") !== "all") throw new UsageError('--find expects "all".');
  if (given.value("zoom") !== undefined) throw new UsageError(ZOOM_OF_ONE);
  if (["point", "box", "text", "prompts"].some((name) => given.value(name) !== undefined) || given.flag("propagate"))
    throw new UsageError("--find takes no prompts; --slice FIRST:LAST says where to look.");
  if (target !== undefined && target !== "-" && !/\.(nii|nii\.gz|json)$/.test(target))
    throw new UsageError("Several structures need -o that ends in .nii.gz, .nii or .json.");
  const { info, job } = await withServices(given, async (services) => {
    const { info } = await services.images.open(path);
    for (const warning of info.warnings) note(warning);
    const { plane, window } = options;
    const slices = slicesOf(info, options);
    const propagate = { from: slices[0] ?? 0, to: slices.at(-1) ?? 0 };
    const said = { ...(window ? { window } : {}), ...contextOf(given) };
    const request = { plane, ...said, find: "all" as const, propagate };
    const started = await services.jobs.submit(info.imageId, request);
    return { info, job: await ended(services, started, given.flag("quiet") ? undefined : process.stderr) };
  });
  if (target !== undefined) await writeResult(target, jobBytes(target, info, job));
  if (target !== "-") result(job, [...job.segments.map(lineOfFound), ...writtenTo(target)].join("\n"));
  if (job.segments.length === 0) throw new AbsentError("No structure was found.");
}

const writtenTo = (target: string | undefined): string[] => (target === undefined ? [] : [`→ ${target}`]);

function lineOfFound({ name, masks, measurements }: Job["segments"][number], n: number): string {
  const volume = measurements?.volumeMl == null ? "" : `, ${measurements.volumeMl.toFixed(1)} ml`;
  const presence = Math.max(...masks.map((mask) => mask.presence ?? 0));
  const slices = masks.length === 1 ? "1 slice" : `${masks.length} slices`;
  return `${n + 1}\t${name}\t${slices}${volume}, presence ${presence.toFixed(2)}`;
}

/** The slices that were named; the middle one of the plane when none was. */
function slicesOf(info: ImageInfo, { plane, slices }: SliceOptions): number[] {
  const { count } = planeOf(info, plane);
  const [first, last] = slices ?? [Math.floor(count / 2), Math.floor(count / 2)];
  planeOf(info, plane, last);
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

async function askAll(
  { masks }: Pick<Services, "masks">,
  slices: readonly number[],
  { slices: _asked, ...request }: SliceOptions & Pick<MaskRequest, "imageId" | "prompts" | "context" | "zoom">,
): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const slice of slices)
    answers.push({ slice, answer: await masks.masks({ ...request, slice, multimask: false }) });
  return answers;
}

/** What the server's writers make of the answers; undefined for the formats that a script reads. */
async function fileOf(
  services: Services,
  asked: {
    target: string | undefined;
    answers: readonly Answered[];
    info: ImageInfo;
    options: SliceOptions;
    prompts: readonly Prompt[];
  },
): Promise<Uint8Array | undefined> {
  const { target, answers, info, options, prompts } = asked;
  const format = resultFormat(target);
  if (!format) return undefined;
  const masks = answers.flatMap(({ slice, answer }) =>
    answer.masks.slice(0, 1).map(({ rle }) => ({ plane: options.plane, slice, rle, origin: "prompted" as const })),
  );
  return resultBytes(services, { info, format, name: nameOf(prompts), masks, byName: isByName(prompts) });
}

/** A name that gave no pixel, however likely the model holds it to be there: a script must tell it from a mask. */
const isAbsent = ({ answer: { presence, masks } }: Pick<Answered, "answer">): boolean =>
  masks[0]?.area === 0 && presence !== undefined;

/** One file; a folder gets one PNG a slice, by its number from 0 as `--slice` takes it. */
async function write(
  target: string | undefined,
  answers: readonly Answered[],
  info: ImageInfo,
  options: SliceOptions,
): Promise<void> {
  const [first] = answers;
  const isFile = target === undefined || target === "-" || FORMATS.some((end) => target.endsWith(end));
  if (isFile && first) return writeResult(target, bytesOf(target, answers, first.answer, info, options));
  if (target === undefined) return;
  await mkdir(target, { recursive: true });
  for (const { slice, answer } of answers) {
    const name = `${options.plane}-${String(slice).padStart(4, "0")}.png`;
    await writeResult(join(target, name), bytesOf(name, [{ slice, answer }], answer, info, options));
  }
}

/** The best masks in the format that the name asks for. */
function bytesOf(
  target: string | undefined,
  answers: readonly Answered[],
  answer: MaskResponse,
  info: ImageInfo,
  { plane }: SliceOptions,
): Uint8Array {
  const [best] = answer.masks;
  if (!best || target === undefined || target === "-" || target.endsWith(".json"))
    return new TextEncoder().encode(`${JSON.stringify(answers.length > 1 ? answers : answer)}\n`);
  if (target.endsWith(".png")) return writeMaskPng(decodeRle(best.rle));
  const masks = answers.flatMap(
    ({
      slice,
      answer: {
        masks: [found],
      },
    }): SliceMask[] =>
      found ? [{ segmentId: "1", plane, slice, mask: decodeRle(found.rle), origin: "prompted" }] : [],
  );
  return writeNiftiLabelmap(labelmapOf(segmentationOf(info, masks)), { gzip: target.endsWith(".gz") });
}

/** The masks as segment 1 of the whole volume. */
function segmentationOf(info: ImageInfo, masks: readonly SliceMask[]): Segmentation {
  const segment = { id: "1", number: 1, name: "Segment 1", colour: "#56B4E9", hidden: false, locked: false };
  return { header: segmentationHeader(info), segments: [segment], masks };
}

function summaryOf(answers: readonly Answered[], target: string | undefined): string {
  const written = target === undefined ? "" : ` → ${target}`;
  const several = answers.length > 1;
  const lines = answers.map(
    ({
      slice,
      answer: {
        masks: [best],
        presence,
      },
    }) => {
      if (!best) return "No mask.";
      const area = best.areaMm2 === undefined ? `${best.area} px` : `${best.area} px, ${best.areaMm2.toFixed(1)} mm²`;
      const present = presence === undefined ? "" : `, presence ${presence.toFixed(2)}`;
      const where = several ? `Slice ${slice}: ` : "";
      return `${where}${area}, predicted IoU ${best.predictedIou.toFixed(2)}${present}${several ? "" : written}`;
    },
  );
  return several ? [...lines, `${answers.length} slices${written}`].join("\n") : lines.join("\n");
}
