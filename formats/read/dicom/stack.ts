/** Frames in space: one orientation, sorted along the normal, one affine for all (PS3.3 C.7.6.2). */
import { IDENTITY, ijkToLpsFromDicom } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import type { FrameAttributes, Orientation } from "./attributes.ts";

export interface Stack<T> {
  /** Frames from slice 0 on. */
  readonly frames: readonly T[];
  readonly ijkToLps: Mat4;
  readonly unit: "mm" | "px";
  readonly warnings: readonly string[];
}

type Placed = Required<Pick<FrameAttributes, "position" | "orientation" | "pixelSpacing">>;

/** Slices nearer than this along the normal are the same slice. */
const SAME_SLICE_MM = 1e-3;
/** Change of slice distance that we mention. */
const GAP_TOLERANCE = 0.01;
/** Shear that we mention, as the tangent of the angle (0.5°). */
const SHEAR_TOLERANCE = 0.0087;

/** The biggest set of frames that share an orientation; frames without one stand together. */
export function sameOrientation<T extends FrameAttributes>(
  frames: readonly T[],
): { frames: readonly T[]; left: number } {
  const groups: T[][] = [];
  for (const frame of frames) {
    const group = groups.find(([first]) => first && parallel(first.orientation, frame.orientation));
    if (group) group.push(frame);
    else groups.push([frame]);
    if (groups.length > 64) return { frames, left: 0 }; // a radial or free-hand set is no stack anyway
  }
  const biggest = groups.reduce((best, group) => (group.length > best.length ? group : best), []);
  return { frames: biggest, left: frames.length - biggest.length };
}

function parallel(a: Orientation | undefined, b: Orientation | undefined): boolean {
  if (!a || !b) return a === b;
  return a.every((value, i) => Math.abs(value - (b[i] ?? 0)) < 0.01);
}

/** Sorts frames by projection on the normal and builds the affine; frames without geometry stay in the order given. */
export function stackFrames<T extends FrameAttributes>(frames: readonly T[]): Stack<T> {
  const [first] = frames;
  if (frames.length === 1 && first) return single(first);
  const placed = frames.filter(isPlaced);
  if (placed.length !== frames.length || !placed[0])
    return loose(frames, "The frames have no positions in the patient: they are read as pictures in their own order.");
  const normal = normalOf(placed[0].orientation);
  if (!placed.every((frame) => parallel(frame.orientation, placed[0]?.orientation)))
    return loose(frames, "The frames have different orientations: they are read as pictures in their own order.");
  const sorted = placed
    .map((frame) => ({ frame, along: dot(frame.position, normal) }))
    .sort((a, b) => a.along - b.along);
  const slices = sorted.filter(({ along }, i) => i === 0 || along - (sorted[i - 1]?.along ?? 0) > SAME_SLICE_MM);
  if (slices.length === 1)
    return loose(frames, "All frames lie at one position: they are read as pictures in their own order.");
  const warnings = slices.length < sorted.length ? [duplicates(sorted.length, slices.length)] : [];
  return measured(slices, normal, warnings);
}

function measured<T extends Placed>(
  slices: readonly { frame: T; along: number }[],
  normal: Vec3,
  warnings: readonly string[],
): Stack<T> {
  const first = slices[0]?.frame;
  const last = slices.at(-1)?.frame;
  if (!first || !last) return { frames: [], ijkToLps: IDENTITY, unit: "px", warnings };
  const n = slices.length - 1;
  const step = (axis: 0 | 1 | 2) => (last.position[axis] - first.position[axis]) / n;
  const sliceStep: Vec3 = [step(0), step(1), step(2)];
  const notes = [gapNote(slices.map(({ along }) => along)), shearNote(sliceStep, normal)];
  return {
    frames: slices.map(({ frame }) => frame),
    ijkToLps: ijkToLpsFromDicom({ ...first, sliceStep }),
    unit: "mm",
    warnings: [...warnings, ...notes.filter((note) => note !== undefined)],
  };
}

const duplicates = (all: number, kept: number) =>
  `${all - kept} of ${all} frames repeat the position of another: the first at each position is read.`;

function gapNote(along: readonly number[]): string | undefined {
  const gaps = along.slice(1).map((value, i) => value - (along[i] ?? 0));
  const smallest = Math.min(...gaps);
  const largest = Math.max(...gaps);
  if (largest - smallest <= GAP_TOLERANCE * largest) return undefined;
  return `Slice distances differ (${smallest.toFixed(2)} to ${largest.toFixed(2)} mm): positions between the first and the last slice are approximate.`;
}

function shearNote(step: Vec3, normal: Vec3): string | undefined {
  const along = dot(step, normal);
  const aside = Math.sqrt(Math.max(0, dot(step, step) - along * along));
  if (aside <= SHEAR_TOLERANCE * Math.abs(along)) return undefined;
  const degrees = (Math.atan2(aside, Math.abs(along)) * 180) / Math.PI;
  return `Slices are shifted sideways by ${degrees.toFixed(1)}° (gantry tilt): the affine keeps the shear.`;
}

function single<T extends FrameAttributes>(frame: T): Stack<T> {
  const { pixelSpacing, orientation, position, thickness = 1 } = frame;
  if (!pixelSpacing) return { frames: [frame], ijkToLps: IDENTITY, unit: "px", warnings: [] };
  if (!orientation || !position) {
    const [row, column] = pixelSpacing;
    const ijkToLps = [column, 0, 0, 0, 0, row, 0, 0, 0, 0, thickness, 0, 0, 0, 0, 1];
    return { frames: [frame], ijkToLps, unit: "mm", warnings: [] };
  }
  const [x, y, z] = normalOf(orientation);
  const sliceStep: Vec3 = [x * thickness, y * thickness, z * thickness];
  return {
    frames: [frame],
    ijkToLps: ijkToLpsFromDicom({ position, orientation, pixelSpacing, sliceStep }),
    unit: "mm",
    warnings: [],
  };
}

const loose = <T>(frames: readonly T[], warning: string): Stack<T> => ({
  frames,
  ijkToLps: IDENTITY,
  unit: "px",
  warnings: [warning],
});

const isPlaced = <T extends FrameAttributes>(frame: T): frame is T & Placed =>
  frame.position !== undefined && frame.orientation !== undefined && frame.pixelSpacing !== undefined;

const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Row direction × column direction: where the slice index grows. */
export function normalOf([a, b, c, d, e, f]: Orientation): Vec3 {
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}
