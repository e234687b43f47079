/** The segment list: what the prompt log holds, with what is hidden here. */

import { nextNumber, type PromptLog } from "../../../core/annotation/log.ts";
import { segmentList as listSegments, type Segment } from "../../../core/annotation/segmentation.ts";
import { hexColour } from "../../../core/colour.ts";
import type { State } from "./state.ts";

/** Okabe & Ito 2008, without black, ordered so that neighbours differ most on dark grey. */
const PALETTE = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2"] as const;

/** The colour of a segment's number: the palette, then golden-angle hues that read on black. */
export function colourOf(number: number): string {
  const known = PALETTE[number - 1];
  if (known) return known;
  const hue = (number * 137.508) % 360;
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    return 255 * (0.62 - 0.3 * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return hexColour([0, 8, 4].map(channel));
}

/** Number, id and colour of the next segment; the numbers of removed ones are not given again. */
export function nextSegment(log: PromptLog): Pick<Segment, "id" | "number" | "colour"> {
  const number = nextNumber(log);
  return { id: `segment-${number}`, number, colour: colourOf(number) };
}

const lists = new WeakMap<PromptLog, { hidden: State["hidden"]; segments: readonly Segment[] }>();

/** Segments in the order of the list; the same array as long as nothing of it changes. */
export function segmentList({ log, hidden }: Pick<State, "log" | "hidden">): readonly Segment[] {
  const known = lists.get(log);
  if (known && known.hidden === hidden) return known.segments;
  const segments = listSegments(log, hidden);
  lists.set(log, { hidden, segments });
  return segments;
}

/** The segment that was chosen last. */
export const activeSegmentOf = (state: Pick<State, "log" | "hidden" | "activeSegment">): Segment | undefined =>
  segmentList(state).find((segment) => segment.id === state.activeSegment);

/** The segment that the next prompt goes to; `undefined` when it begins a new one. */
export function openSegmentOf(state: Pick<State, "log" | "hidden" | "activeSegment">): Segment | undefined {
  const active = activeSegmentOf(state);
  return active?.locked ? undefined : active;
}

/**
 * Where a segment stands among the others after one step up or down: beside its neighbour of the same group, or past all of
 * a neighbouring group. `undefined` where there is nowhere to go.
 */
export function placeAfterStep(segments: readonly Segment[], segmentId: string, by: -1 | 1): number | undefined {
  const at = segments.findIndex(({ id }) => id === segmentId);
  const [segment, neighbour] = [segments[at], segments[at + by]];
  if (!segment || !neighbour || (segment.groupName && segment.groupName !== neighbour.groupName)) return undefined;
  if (!neighbour.groupName || segment.groupName) return at + by;
  return at + by * segments.filter(({ groupName }) => groupName === neighbour.groupName).length;
}

/** Names of the groups that there are, in the order of the list. */
export const groupNames = (state: Pick<State, "log" | "hidden">): readonly string[] => [
  ...new Set(segmentList(state).flatMap(({ groupName }) => (groupName ? [groupName] : []))),
];

/** Segments that were found, are still there under their names, and wait to be judged. */
export const proposedSegments = (state: Pick<State, "log" | "hidden" | "proposed">): readonly Segment[] =>
  segmentList(state).filter(({ id, name }) => state.proposed.get(id) === name);
