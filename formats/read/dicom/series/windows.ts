/** The windows that a frame proposes (PS3.3 C.11.2), in modality units: LINEAR ones, and curves. */
import type { NamedWindow } from "../../../../core/image/volume.ts";
import type { DataSet } from "../tokens.ts";
import { itemsOf, lenientDecimalsOf, shortAt, shortsOf, textOf } from "../values.ts";
import { groupsOf } from "./attributes.ts";

/** Points of a curve: finer than the eye tells, and small beside an image. */
const CURVE_POINTS = 256;
/** How far a sigmoid is followed, in widths from its centre: 1 / (1 + e⁸) is below a tenth of a grey. */
const SIGMOID_REACH = 2;

/** Centre and width pairs, else the first VOI LUT. Rubbish is left out: it only concerns the display. */
export function windowsOfFrame(dataSet: DataSet, frame: number): readonly NamedWindow[] {
  const pairs = pairsOfFrame(dataSet, frame);
  if (pairs.length > 0) return pairs;
  for (const group of groupsOf(dataSet, frame, FRAME_VOI)) {
    const table = tableOf(group, dataSet);
    if (table) return [table];
  }
  return [];
}

const FRAME_VOI = 0x00289132;

/** Centre and width pairs alone, which are cheap to compare. */
export function pairsOfFrame(dataSet: DataSet, frame: number): readonly NamedWindow[] {
  for (const group of groupsOf(dataSet, frame, FRAME_VOI)) {
    const pairs = pairsOf(group);
    if (pairs.length > 0) return pairs;
  }
  return [];
}

function pairsOf(group: DataSet): NamedWindow[] {
  const centers = lenientDecimalsOf(group, 0x00281050) ?? [];
  const widths = lenientDecimalsOf(group, 0x00281051) ?? [];
  const names = (textOf(group, 0x00281055) ?? "").split("\\").map((name) => name.trim());
  const shape = textOf(group, 0x00281056) ?? "LINEAR";
  return centers
    .map((center, i) => ({ name: windowName(names[i], i), center, width: widths[i] ?? 0 }))
    .filter(({ width }) => (shape === "LINEAR" ? width >= 1 : width > 0))
    .map((window) => shaped(window, shape));
}

/**
 * LINEAR_EXACT (C.11.2.1.3.2) reaches from c − w/2 to c + w/2, which LINEAR writes as c + 0.5, w + 1. SIGMOID
 * (C.11.2.1.3.1) is 1 / (1 + e^(−4 (x − c) / w)); in its middle it rises as LINEAR_EXACT does.
 */
function shaped({ name, center, width }: NamedWindow, shape: string): NamedWindow {
  if (shape !== "LINEAR_EXACT" && shape !== "SIGMOID") return { name, center, width };
  const linear = { name, center: center + 0.5, width: width + 1 };
  if (shape === "LINEAR_EXACT") return linear;
  const [from, to] = [center - SIGMOID_REACH * width, center + SIGMOID_REACH * width];
  const greys = Array.from({ length: CURVE_POINTS }, (_, n) => {
    const x = from + ((to - from) * n) / (CURVE_POINTS - 1);
    return tenth(255 / (1 + Math.exp((-4 * (x - center)) / width)));
  });
  return { ...linear, curve: { from, to, greys } };
}

const tenth = (grey: number) => Math.round(grey * 10) / 10;

/** A VOI LUT Sequence item (C.11.2.1.1), and the ramp between the ends of its rise. */
function tableOf(group: DataSet, dataSet: DataSet): NamedWindow | undefined {
  const [item] = itemsOf(group, 0x00283010);
  if (!item) return undefined;
  const [declared = 0, first = 0, bits = 16] = shortsOfLut(item, 0x00283002);
  const all = shortsOfLut(item, 0x00283006);
  const entries = all.slice(0, declared === 0 ? 65_536 : declared);
  if (entries.length < 2) return undefined;
  const most = Math.max(2 ** Math.min(16, bits) - 1, largest(entries));
  const start = first > 32_767 && mayBeNegative(dataSet) ? first - 65_536 : first;
  const greys = resampled(entries).map((entry) => tenth((entry * 255) / most));
  const curve = { from: start, to: start + entries.length - 1, greys };
  const [from, to] = riseOf(entries);
  return { name: "File table", center: start + (from + to + 1) / 2, width: to - from + 1, curve };
}

const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0);

/** Modality values below zero: signed pixels, or a negative intercept (CT). */
function mayBeNegative(dataSet: DataSet): boolean {
  return shortAt(dataSet, 0x00280103, 0) === 1 || (lenientDecimalsOf(dataSet, 0x00281052)?.[0] ?? 0) < 0;
}

/** At most `CURVE_POINTS` entries of a table, evenly spread, both ends among them. */
function resampled(entries: readonly number[]): number[] {
  const count = Math.min(CURVE_POINTS, entries.length);
  return Array.from({ length: count }, (_, n) => {
    const at = (n * (entries.length - 1)) / Math.max(1, count - 1);
    const [low, high] = [Math.floor(at), Math.ceil(at)];
    return (entries[low] ?? 0) + ((entries[high] ?? 0) - (entries[low] ?? 0)) * (at - low);
  });
}

/** Entries between which a table does nearly all of its rise, or its fall. */
function riseOf(entries: readonly number[]): readonly [number, number] {
  const [low, high] = [entries[0] ?? 0, entries.at(-1) ?? 0];
  const part = (value: number) => (high === low ? 0 : (value - low) / (high - low));
  const leaves = entries.findIndex((value) => part(value) > 0.01);
  const arrives = entries.findIndex((value) => part(value) >= 0.99);
  return leaves > 0 && arrives >= leaves ? [leaves - 1, arrives] : [0, entries.length - 1];
}

function shortsOfLut(item: DataSet, tag: number): number[] {
  try {
    return shortsOf(item, tag) ?? [];
  } catch {
    return [];
  }
}

/** Explanations are free text: only a plain short word passes. */
const windowName = (explanation: string | undefined, index: number) =>
  explanation && /^[A-Za-z][A-Za-z0-9 _-]{0,31}$/.test(explanation) ? explanation : `File window ${index + 1}`;
