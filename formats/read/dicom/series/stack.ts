/** Frames in space: sorted along the normal, one affine for all, and positions of their own where that does not hold. */
import { IDENTITY, ijkToLpsFromDicom } from "../../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../../core/image/volume.ts";
import type { FrameAttributes, Orientation } from "./attributes.ts";

export interface Stack<T> {
  /** Frames from slice 0 on. */
  readonly frames: readonly T[];
  readonly ijkToLps: Mat4;
  readonly unit: "mm" | "px";
  /** As in `Volume`. */
  readonly slicePositions?: readonly Vec3[];
  readonly warnings: readonly string[];
}

type Place = Pick<FrameAttributes, "position" | "orientation" | "pixelSpacing" | "thickness">;
export type Placed = Required<Pick<Place, "position" | "orientation" | "pixelSpacing">> & Place;

/** Change of slice distance that we mention. */
const GAP_TOLERANCE = 0.01;
/** How far a slice may lie from where an even stack puts it: a part of the step, and what rounding of positions explains. */
const EVEN_TOLERANCE = 0.05;
const ROUNDING_MM = 0.06;
/** Shear that we mention, as the tangent of the angle (0.5°). */
const SHEAR_TOLERANCE = 0.0087;

/** Frames of one orientation and pitch, one at each position, as a stack; without geometry they stay in the order given. */
export function stackFrames<T extends Place>(frames: readonly T[]): Stack<T> {
  const [first] = frames;
  if (frames.length === 1 && first) return single(first);
  const placed = frames.filter(isPlaced);
  if (placed.length !== frames.length || !placed[0])
    return loose(frames, "The frames have no positions in the patient: they are read as pictures in their own order.");
  const normal = normalOf(placed[0].orientation);
  const along = (frame: Placed) => dot(frame.position, normal);
  const slices = placed.toSorted((a, b) => along(a) - along(b));
  const [nearest, farthest] = [slices[0], slices.at(-1)];
  if (!nearest || !farthest || along(farthest) - along(nearest) < 1e-6)
    return loose(frames, "All frames lie at one position: they are read as pictures in their own order.");
  return measured(slices, normal);
}

function measured<T extends Placed>(slices: readonly T[], normal: Vec3): Stack<T> {
  const [first] = slices;
  if (!first) return { frames: [], ijkToLps: IDENTITY, unit: "px", warnings: [] };
  const steps = slices.slice(1).map(({ position }, i) => minus(position, slices[i]?.position ?? position));
  const mean = meanOf(steps);
  const positions = slices.map(({ position }) => position);
  if (isEven(positions, mean)) {
    const notes = [gapNote(steps, normal), shearNote(mean, normal)];
    return {
      frames: slices,
      ijkToLps: ijkToLpsFromDicom({ ...first, sliceStep: mean }),
      unit: "mm",
      warnings: notes.filter((note) => note !== undefined),
    };
  }
  const [smallest, largest] = range(steps.map((step) => dot(step, normal)));
  return {
    frames: slices,
    ijkToLps: ijkToLpsFromDicom({ ...first, sliceStep: usual(steps, normal) }),
    unit: "mm",
    slicePositions: positions,
    warnings: [
      `Slice distances differ (${smallest.toFixed(2)} to ${largest.toFixed(2)} mm): each slice keeps its own position, so other planes are not cut, and files with one slice distance (NIfTI, NRRD) cannot hold it exactly.`,
    ],
  };
}

/** True when every slice lies where equal steps put it. */
function isEven(positions: readonly Vec3[], step: Vec3): boolean {
  const length = Math.hypot(...step);
  const tolerance = Math.max(EVEN_TOLERANCE * length, Math.min(ROUNDING_MM, length / 4));
  const [x, y, z] = positions[0] ?? [0, 0, 0];
  return positions.every((position, k) => {
    const even: Vec3 = [x + k * step[0], y + k * step[1], z + k * step[2]];
    return Math.hypot(...minus(position, even)) <= tolerance;
  });
}

function meanOf(steps: readonly Vec3[]): Vec3 {
  const sum = (axis: 0 | 1 | 2) => steps.reduce((total, step) => total + step[axis], 0) / steps.length;
  return [sum(0), sum(1), sum(2)];
}

/** The step of median length: one that really occurs. */
function usual(steps: readonly Vec3[], normal: Vec3): Vec3 {
  const sorted = steps.toSorted((a, b) => dot(a, normal) - dot(b, normal));
  return sorted[(sorted.length - 1) >> 1] ?? normal;
}

function range(values: readonly number[]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

function gapNote(steps: readonly Vec3[], normal: Vec3): string | undefined {
  const [smallest, largest] = range(steps.map((step) => dot(step, normal)));
  if (largest - smallest <= GAP_TOLERANCE * largest) return undefined;
  return `Slice distances differ a little (${smallest.toFixed(2)} to ${largest.toFixed(2)} mm): their mean is taken.`;
}

function shearNote(step: Vec3, normal: Vec3): string | undefined {
  const along = dot(step, normal);
  const aside = Math.sqrt(Math.max(0, dot(step, step) - along * along));
  if (aside <= SHEAR_TOLERANCE * Math.abs(along)) return undefined;
  const degrees = (Math.atan2(aside, Math.abs(along)) * 180) / Math.PI;
  return `Slices are shifted sideways by ${degrees.toFixed(1)}° (gantry tilt): the affine keeps the shear.`;
}

function single<T extends Place>(frame: T): Stack<T> {
  const ijkToLps = ownAffine(frame);
  return { frames: [frame], ijkToLps: ijkToLps ?? IDENTITY, unit: ijkToLps ? "mm" : "px", warnings: [] };
}

/** The affine of one frame, thickened by its thickness or 1 mm; undefined without a pixel pitch. */
function ownAffine({ pixelSpacing, orientation, position, thickness = 1 }: Place): Mat4 | undefined {
  if (!pixelSpacing) return undefined;
  if (!orientation || !position) {
    const [row, column] = pixelSpacing;
    return [column, 0, 0, 0, 0, row, 0, 0, 0, 0, thickness, 0, 0, 0, 0, 1];
  }
  const [x, y, z] = normalOf(orientation);
  const sliceStep: Vec3 = [x * thickness, y * thickness, z * thickness];
  return ijkToLpsFromDicom({ position, orientation, pixelSpacing, sliceStep });
}

/** Frames that are no stack: a cine, or views. What is known of their plane is kept; all lie at the first one's place. */
function loose<T extends Place>(frames: readonly T[], warning: string): Stack<T> {
  const [first] = frames;
  const ijkToLps = first && ownAffine(first);
  if (!ijkToLps) return { frames, ijkToLps: IDENTITY, unit: "px", warnings: [warning] };
  const origin: Vec3 = [ijkToLps[3] ?? 0, ijkToLps[7] ?? 0, ijkToLps[11] ?? 0];
  const slicePositions = frames.map(({ position }) => position ?? origin);
  return { frames, ijkToLps, unit: "mm", slicePositions, warnings: [warning] };
}

export const isPlaced = <T extends Place>(frame: T): frame is T & Placed =>
  frame.position !== undefined && frame.orientation !== undefined && frame.pixelSpacing !== undefined;

export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** Row direction × column direction: where the slice index grows. */
export function normalOf([a, b, c, d, e, f]: Orientation): Vec3 {
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}
