/** What the numbers of a labelmap mean, beside it: a BIDS-like look-up table (BIDS, "Discrete segmentations") and JSON. */
import type { Covered } from "../../core/annotation/labelmap.ts";
import type { Segmentation } from "../../core/annotation/segmentation.ts";
import { type OverlapChoice, type SegmentationFile, textFile } from "./writer.ts";

export interface SidecarOptions {
  /** Of the labelmap's file, without its suffix. */
  readonly stem: string;
  readonly overlap: OverlapChoice;
  readonly covered: readonly Covered[];
}

/** `<stem>.tsv` and `<stem>.json`. */
export function writeSidecars(segmentation: Segmentation, options: SidecarOptions): readonly SegmentationFile[] {
  const { stem } = options;
  return [
    textFile(`${stem}.tsv`, "text/tab-separated-values", tableOf(segmentation)),
    textFile(`${stem}.json`, "application/json", JSON.stringify(factsOf(segmentation, options), null, 1)),
  ];
}

/** A tab or a line break in a name would move the columns. */
const cell = (text: string): string => text.replaceAll(/[\t\r\n]+/g, " ");

function tableOf({ segments }: Segmentation): string {
  const rows = segments.map(({ number, name, colour }) => [String(number), cell(name), colour.toUpperCase()]);
  return `${[["index", "name", "color"], ...rows].map((row) => row.join("\t")).join("\n")}\n`;
}

function factsOf({ header, segments, masks }: Segmentation, { overlap, covered }: SidecarOptions): object {
  const numberOf = new Map(segments.map(({ id, number }) => [id, number]));
  return {
    description: "Made with Promptomy. Research use only, not for diagnosis.",
    imageId: header.imageId,
    overlap,
    covered: covered.map(({ segmentId, by, voxels }) => ({
      segment: numberOf.get(segmentId),
      by: numberOf.get(by),
      voxels,
    })),
    segments: segments.map(({ id, number, name, colour, code, hidden, locked, groupName }) => ({
      ...{ number, name, colour, hidden, locked },
      ...(groupName ? { group: groupName } : {}),
      ...(code ? { code } : {}),
      slices: masks
        .filter(({ segmentId }) => segmentId === id)
        .map(({ plane, slice, origin, predictedIou, doubtful }) => ({
          ...{ plane, slice: slice + 1, origin },
          ...(predictedIou === undefined ? {} : { predictedIou }),
          ...(doubtful ? { doubtful } : {}),
        })),
    })),
  };
}
