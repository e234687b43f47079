/** Grey values under masks, counted value by value: exact statistics over any number of slices, in memory by distinct values. */
import { type Dtype, dtypeOf } from "../image/dtype.ts";
import type { Slice } from "../image/volume.ts";
import { type Mask, maskBounds } from "./mask.ts";

/** Of modality values (HU for CT); colour counts as luminance (ITU-R BT.601). */
export interface ValueStatistics {
  /** Pixels counted. */
  readonly count: number;
  /** NaN, as all that follow, when nothing was counted. */
  readonly mean: number;
  /** Standard deviation of the population (divided by n). */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  /** The mean of both middle values when their number is even. */
  readonly median: number;
}

/** Bins of equal width from `from` to `to`; the last one holds `to`. */
export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

export interface Tally {
  /** Counts what lies under a mask of the slice's size; of a coarser part of it, each value for the pixels that it stands for. */
  add(mask: Mask, slice: Slice): void;
  statistics(): ValueStatistics;
  /** `undefined` when nothing was counted. */
  histogram(bins?: number): Histogram | undefined;
}

export function createTally(): Tally {
  const counts = new Map<number, number>();
  const sorted = () => [...counts].sort(([a], [b]) => a - b);
  return {
    add(mask, slice) {
      const { slope, intercept } = slice.rescale;
      for (const [stored, times] of storedCounts(mask, slice)) {
        const value = (stored / unitOf(slice)) * slope + intercept;
        counts.set(value, (counts.get(value) ?? 0) + times);
      }
    },
    statistics: () => statisticsOf(sorted()),
    histogram: (bins = 64) => histogramOf(sorted(), bins),
  };
}

/** How many pixels of the mask lie on each stored value of the slice, in its unit. */
function storedCounts(mask: Mask, slice: Slice): Iterable<readonly [stored: number, times: number]> {
  const counts = countsFor(slice);
  const bounds = maskBounds(mask);
  if (!bounds) return counts;
  const level = slice.part?.level ?? 0;
  const [left, right] = [bounds.x0 >> level, bounds.x1 >> level];
  const line = new Uint32Array(slice.width);
  for (let row = bounds.y0 >> level; row <= bounds.y1 >> level; row++) {
    line.fill(0, left, right + 1);
    const end = Math.min(bounds.y1 + 1, (row + 1) << level);
    for (let y = Math.max(bounds.y0, row << level); y < end; y++)
      for (let x = bounds.x0, at = y * mask.width + x; x <= bounds.x1; x++, at++) line[x >> level] += mask.data[at];
    for (let x = left; x <= right; x++) if (line[x] > 0) counts.add(storedAt(slice, row * slice.width + x), line[x]);
  }
  return counts;
}

interface Counts extends Iterable<readonly [stored: number, times: number]> {
  add(stored: number, times: number): void;
}

/** Least and most of the types that have few enough values to be counted in a list. */
const FEW: { readonly [D in Dtype]?: readonly [least: number, most: number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};
const LONGEST_LIST = 2 ** 18;

/** A list where the values are few whole numbers, as in nearly all images; a map where they are anything. */
function countsFor(slice: Slice): Counts {
  const [least, most] = FEW[dtypeOf(slice.data)] ?? [0, Number.POSITIVE_INFINITY];
  const unit = unitOf(slice);
  return (most - least) * unit < LONGEST_LIST ? listCounts(least * unit, most * unit) : mapCounts();
}

function mapCounts(): Counts {
  const counts = new Map<number, number>();
  return {
    add(stored, times) {
      counts.set(stored, (counts.get(stored) ?? 0) + times);
    },
    [Symbol.iterator]: () => counts[Symbol.iterator](),
  };
}

function listCounts(least: number, most: number): Counts {
  const counts = new Float64Array(most - least + 1);
  return {
    add(stored, times) {
      counts[stored - least] += times;
    },
    *[Symbol.iterator]() {
      for (let n = 0; n < counts.length; n++) if (counts[n] > 0) yield [n + least, counts[n]] as const;
    },
  };
}

type Counted = readonly (readonly [value: number, count: number])[];

/** Two passes, so that a large mean does not drown a small deviation. */
function statisticsOf(values: Counted): ValueStatistics {
  let count = 0;
  let sum = 0;
  for (const [value, times] of values) {
    count += times;
    sum += value * times;
  }
  const mean = sum / count;
  const squares = values.reduce((all, [value, times]) => all + times * (value - mean) ** 2, 0);
  const [min = Number.NaN, max = Number.NaN] = [values[0]?.[0], values.at(-1)?.[0]];
  const median = (valueAt(values, Math.floor((count - 1) / 2)) + valueAt(values, Math.floor(count / 2))) / 2;
  return { count, mean, sd: Math.sqrt(squares / count), min, max, median };
}

/** The value of this rank, from 0. */
function valueAt(values: Counted, rank: number): number {
  let before = 0;
  for (const [value, times] of values) {
    before += times;
    if (before > rank) return value;
  }
  return Number.NaN;
}

function histogramOf(values: Counted, bins: number): Histogram | undefined {
  const [from, to] = [values[0]?.[0], values.at(-1)?.[0]];
  if (from === undefined || to === undefined) return undefined;
  const counts = new Array<number>(bins).fill(0);
  const width = (to - from) / bins || 1;
  for (const [value, times] of values) counts[Math.min(bins - 1, Math.floor((value - from) / width))] += times;
  return { from, to, counts };
}

/** Luminance in thousandths, so that it is a whole number as the colours are. */
const unitOf = ({ channels }: Slice): number => (channels === 1 ? 1 : 1000);

function storedAt({ channels, data }: Slice, n: number): number {
  if (channels === 1) return data[n] ?? 0;
  return 299 * (data[3 * n] ?? 0) + 587 * (data[3 * n + 1] ?? 0) + 114 * (data[3 * n + 2] ?? 0);
}
