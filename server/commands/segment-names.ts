/** `promptomy segment --text "liver, spleen"`: each name is a segment of one slice. */
import { labelmapOf } from "../../core/annotation/labelmap.ts";
import { type Segmentation, type SliceMask, segmentationHeader } from "../../core/annotation/segmentation.ts";
import { isSegmenterError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { PRESENT } from "../../core/model/candidates.ts";
import { splitNames } from "../../core/text/list.ts";
import type { ImageInfo, MaskResponse } from "../../core/wire/index.ts";
import { writeNiftiLabelmap } from "../../formats/index.ts";
import { AbsentError, UsageError } from "./args.ts";
import { type Output, withServices } from "./command.ts";
import { writeResult } from "./files.ts";
import type { SliceOptions } from "./prompts.ts";

interface NamedAnswer {
  readonly name: string;
  /** Absent for a name that the vocabulary does not know. */
  readonly answer?: MaskResponse;
  readonly suggestions?: readonly string[];
}

export interface NamesAsked {
  readonly path: string;
  readonly options: SliceOptions;
  readonly text: string;
  readonly target: string | undefined;
}

const COLOURS = ["#56B4E9", "#E69F00", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"];

export async function segmentNames({ given, result, note }: Output, asked: NamesAsked): Promise<void> {
  const { path, options, text, target } = asked;
  if (target !== undefined && target !== "-" && !/\.(nii|nii\.gz|json)$/.test(target))
    throw new UsageError("Several names need -o that ends in .nii.gz, .nii or .json.");
  const { info, slice, answers } = await withServices(given, async (services) => {
    const { info } = await services.images.open(path);
    for (const warning of info.warnings) note(warning);
    const { count } = planeOf(info, options.plane);
    const slice = options.slices?.[0] ?? Math.floor(count / 2);
    const { plane, window } = options;
    const place = { imageId: info.imageId, plane, slice, window, multimask: false, zoom: "auto" as const };
    const answers: NamedAnswer[] = [];
    for (const name of splitNames(text, services.vocabulary, info.modality)) {
      const prompts = [{ kind: "text" as const, text: name }];
      answers.push(
        await services.masks.masks({ ...place, prompts }).then((answer) => ({ name, answer }), unknown(name)),
      );
    }
    return { info, slice, answers };
  });
  if (answers.length === 0) throw new UsageError("--text names nothing.");
  await write(target, answers, info, { plane: options.plane, slice });
  if (target !== "-") result(answers, answers.map(lineOf).join("\n"));
  if (answers.every(({ answer }) => !answer || isAbsent(answer))) throw new AbsentError("No structure was found.");
}

/** One unknown name does not cost the others. */
const unknown =
  (name: string) =>
  (thrown: unknown): NamedAnswer => {
    if (!isSegmenterError(thrown, "UnknownTerm")) throw thrown;
    return { name, suggestions: thrown.detail.suggestions };
  };

const isAbsent = ({ presence, masks: [best] }: MaskResponse): boolean =>
  best?.area === 0 && presence !== undefined && presence < PRESENT;

async function write(
  target: string | undefined,
  answers: readonly NamedAnswer[],
  info: ImageInfo,
  { plane, slice }: Pick<SliceMask, "plane" | "slice">,
): Promise<void> {
  if (target === undefined) return;
  if (target === "-" || target.endsWith(".json"))
    return writeResult(target, new TextEncoder().encode(`${JSON.stringify(answers)}\n`));
  const segments = answers.map(({ name }, n) => {
    const number = n + 1;
    const colour = COLOURS[n % COLOURS.length] ?? "#56B4E9";
    return { id: String(number), number, name, colour, hidden: false, locked: false };
  });
  const masks = answers.flatMap(({ answer }, n): SliceMask[] => {
    const best = answer?.masks[0];
    if (!best || best.area === 0) return [];
    return [{ segmentId: String(n + 1), plane, slice, mask: decodeRle(best.rle), origin: "prompted" }];
  });
  const segmentation: Segmentation = { header: segmentationHeader(info), segments, masks };
  await writeResult(target, writeNiftiLabelmap(labelmapOf(segmentation), { gzip: target.endsWith(".gz") }));
}

function lineOf({ name, answer, suggestions = [] }: NamedAnswer, n: number): string {
  const best = answer?.masks[0];
  const near = suggestions.length > 0 ? `; did you mean ${suggestions.join(", ")}?` : "";
  if (!answer || !best) return `${n + 1}\t${name}\tnot known${near}`;
  const area = best.areaMm2 === undefined ? `${best.area} px` : `${best.area} px, ${best.areaMm2.toFixed(1)} mm²`;
  return `${n + 1}\t${name}\t${area}, presence ${(answer.presence ?? 0).toFixed(2)}`;
}
