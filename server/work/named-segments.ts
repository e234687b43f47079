/** Several names on one slice: each a segment of its own. */
import { labelmapOf } from "../../core/annotation/labelmap.ts";
import {
  type Segment,
  type Segmentation,
  type SliceMask,
  segmentationHeader,
} from "../../core/annotation/segmentation.ts";
import { isSegmenterError } from "../../core/errors.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { splitNames } from "../../core/text/list.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { ImageInfo, MaskRequest, MaskResponse } from "../../core/wire/index.ts";
import { writeNiftiLabelmap } from "../../formats/index.ts";
import type { MaskService } from "./masks.ts";

export interface NamedAnswer {
  readonly name: string;
  /** Absent for a name that the vocabulary does not know. */
  readonly answer?: MaskResponse;
  readonly suggestions?: readonly string[];
}

type Place = Pick<MaskRequest, "plane" | "slice" | "window" | "context">;

const COLOURS = ["#56B4E9", "#E69F00", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"];

/** One answer for each name of a list such as "liver, spleen; both kidneys". One unknown name does not cost the others. */
export async function namedSegments(
  { masks, vocabulary }: { masks: MaskService; vocabulary: Vocabulary },
  text: string,
  { imageId, modality }: ImageInfo,
  place: Place,
): Promise<NamedAnswer[]> {
  const answers: NamedAnswer[] = [];
  for (const name of splitNames(text, vocabulary, place.context?.modality ?? modality)) {
    const prompts = [{ kind: "text" as const, text: name }];
    const asked = masks.masks({ imageId, ...place, prompts, multimask: false, zoom: "auto" });
    answers.push(await asked.then((answer) => ({ name, answer }), unknown(name)));
  }
  return answers;
}

const unknown =
  (name: string) =>
  (thrown: unknown): NamedAnswer => {
    if (!isSegmenterError(thrown, "UnknownTerm")) throw thrown;
    return { name, suggestions: thrown.detail.suggestions };
  };

/** The n-th of several segments, counted from 0: it has number n + 1. */
export function numberedSegment(name: string, n: number): Segment {
  const number = n + 1;
  const colour = COLOURS[n % COLOURS.length] ?? "#56B4E9";
  return { id: String(number), number, name, colour, hidden: false, locked: false };
}

/** The whole volume with segment n for the n-th name, as NIfTI. */
export function namedLabelmap(
  answers: readonly NamedAnswer[],
  info: ImageInfo,
  { plane, slice }: Pick<SliceMask, "plane" | "slice">,
  { gzip }: { gzip: boolean },
): Uint8Array {
  const segments = answers.map(({ name }, n) => numberedSegment(name, n));
  const masks = answers.flatMap(({ answer }, n): SliceMask[] => {
    const best = answer?.masks[0];
    if (!best || best.area === 0) return [];
    return [{ segmentId: String(n + 1), plane, slice, mask: decodeRle(best.rle), origin: "prompted" }];
  });
  const segmentation: Segmentation = { header: segmentationHeader(info), segments, masks };
  return writeNiftiLabelmap(labelmapOf(segmentation), { gzip });
}

/** For people: number, name, area and presence. */
export function lineOfName({ name, answer, suggestions = [] }: NamedAnswer, n: number): string {
  const best = answer?.masks[0];
  const near = suggestions.length > 0 ? `; did you mean ${suggestions.join(", ")}?` : "";
  if (!answer || !best) return `${n + 1}\t${name}\tnot known${near}`;
  const area = best.areaMm2 === undefined ? `${best.area} px` : `${best.area} px, ${best.areaMm2.toFixed(1)} mm²`;
  return `${n + 1}\t${name}\t${area}, presence ${(answer.presence ?? 0).toFixed(2)}`;
}
