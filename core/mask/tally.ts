/** Grey values under masks, counted value by value: exact statistics over any number of slices, in memory by distinct values. */
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
      const bounds = maskBounds(mask);
      if (!bounds) return;
      const { slope, intercept } = slice.rescale;
      const level = slice.part?.level ?? 0;
      for (let y = bounds.y0; y <= bounds.y1; y++) {
        const row = y * mask.width;
        for (let x = bounds.x0; x <= bounds.x1; ) {
          const end = Math.min(bounds.x1 + 1, ((x >> level) + 1) << level);
          const at = (y >> level) * slice.width + (x >> level);
          let times = 0;
          for (; x < end; x++) times += mask.data[row + x];
          if (times === 0) continue;
          const value = storedAt(slice, at) * slope + intercept;
          counts.set(value, (counts.get(value) ?? 0) + times);
        }
      }
    },
    statistics: () => statisticsOf(sorted()),
    histogram: (bins = 64) => histogramOf(sorted(), bins),
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

function storedAt({ channels, data }: Slice, n: number): number {
  if (channels === 1) return data[n] ?? 0;
  // In thousandths, so that equal colours and rounding make no more values than there are.
  return (299 * (data[3 * n] ?? 0) + 587 * (data[3 * n + 1] ?? 0) + 114 * (data[3 * n + 2] ?? 0)) / 1000;
}
