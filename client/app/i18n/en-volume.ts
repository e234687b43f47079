/** Volumes: propagation, where segments are, planes and 3D, measures. */
import { number } from "./format.ts";

const slices = (count: number) => (count === 1 ? "1 slice" : `${number(count)} slices`);

/** 4, 5, 6, 9 → "4–6, 9", counted from 1. */
export function runsOf(from0: readonly number[]): string {
  const sorted = from0.toSorted((a, b) => a - b);
  const starts = sorted.filter((slice, n) => n === 0 || sorted[n - 1] !== slice - 1);
  return starts
    .map((start) => {
      let end = start;
      while (sorted.includes(end + 1)) end++;
      return end === start ? number(start + 1) : `${number(start + 1)}–${number(end + 1)}`;
    })
    .join(", ");
}

export const volume = {
  volume: {
    propagate: "Propagate",
    propagateDetail: "Grow this segment from the slices you have settled through the stack",
    from: "From slice",
    to: "to slice",
    starting: (name: string) => `${name}: starting`,
    running: (name: string, done: number, total: number) => `${name}: slice ${number(done)} of ${number(total)}`,
    found: (count: number) => `${slices(count)} found`,
    broken: "The server does not answer; the job goes on when it does.",
    stop: "Stop",
    keep: (count: number) => `Keep ${slices(count)}`,
    stopped: "Propagation stopped.",
    stoppedWith: (count: number) => `Propagation stopped; ${slices(count)} had been found.`,
    failed: "Propagation failed.",
    noSeed: "Give this segment a mask on one slice of this plane first: a click, a box or a brush.",
    notReady: "Masks of this segment are still being computed.",
    none: (name: string) => `${name}: nothing like it on the other slices.`,
    done: (name: string, count: number, doubtful: readonly number[]) =>
      doubtful.length === 0
        ? `${name}: ${slices(count)} filled.`
        : `${name}: ${slices(count)} filled. Check ${runsOf(doubtful)}.`,
    play: "Play through the slices",
    pause: "Stop playing",
    layout: "One view or four",
    pane: (plane: string) => `${plane} view`,
    makeMain: (plane: string) => `Work in the ${plane.toLowerCase()} plane`,
    surfaces: "Surfaces. Drag or arrow keys turn, + and - zoom, a click goes to the slice.",
    surfacesTitle: "3D",
    surfacesNone: "Propagate a segment, or prompt several slices, and its surface appears here.",
    surfacesFailed: "This browser shows no 3D view.",
    sides: { anterior: "A", posterior: "P", left: "L", right: "R", superior: "S", inferior: "I" },
    sideNames: {
      anterior: "From the front",
      posterior: "From the back",
      left: "From the patient's left",
      right: "From the patient's right",
      superior: "From above",
      inferior: "From below",
    },
    median: "Median",
    histogram: (from: string, to: string) => `Histogram of the values, from ${from} to ${to}`,
    diameters: "Diameters",
    diametersDetail: "The longest in the plane, and the widest across it",
    interpolate: "Interpolate",
    interpolateDetail: "Fill the slices between settled ones by their shapes, without the model",
    interpolated: (name: string, count: number) => `${name}: ${slices(count)} interpolated.`,
    interpolateNone: "There is no gap between settled slices of this segment in this plane.",
    noDoubt: "No doubtful slice in this segment.",
    kinds: {
      prompted: "prompted",
      edited: "edited",
      imported: "imported",
      propagated: "propagated",
      interpolated: "interpolated",
      doubtful: "doubtful",
    },
  },
} as const;
