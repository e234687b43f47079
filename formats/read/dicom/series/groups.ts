/** One series to images: frames of one plane, pitch, time point, echo …, one at each position. */
import type { Orientation } from "./attributes.ts";
import type { Frame } from "./frame.ts";
import { dot, isPlaced, normalOf } from "./stack.ts";
import { TRAITS, type Trait } from "./traits.ts";

export interface FrameGroup {
  readonly frames: readonly Frame[];
  /** What sets it apart from the other images of its series: "echo 2", "another orientation". */
  readonly note?: string;
}

/** Slices this much nearer than the usual step are the same slice. */
const SAME_SLICE = 0.1;
/** Never more than this, however far apart the slices are. */
const SAME_SLICE_MM = 0.2;
/** One wide gap alone is a step between slices only below this; a wider one parts two stacks of thin slices. */
const LONE_STEP_MM = 20;
/** A gap of this many usual steps ends a stack. */
const FAR_STEPS = 10;
/** A radial or free-hand set is no stack anyway. */
const MOST_ORIENTATIONS = 64;

/** The images of a series, in the order of their frames; the one with most slices is usually meant. */
export function groupFrames(frames: readonly Frame[]): FrameGroup[] {
  return byPlane(frames)
    .flatMap((group) => refine(group, byStrongTraits))
    .flatMap((group) => refine(group, byRepeats))
    .flatMap((group) => refine(group, byDistance));
}

function refine({ frames, note }: FrameGroup, split: (frames: readonly Frame[]) => FrameGroup[]): FrameGroup[] {
  return split(frames).map((part) => {
    const notes = [note, part.note].filter((text) => text !== undefined);
    return { frames: part.frames, ...(notes.length > 0 && { note: notes.join(", ") }) };
  });
}

/** Frames with the same orientation, pitch and knowledge of their place. */
function byPlane(frames: readonly Frame[]): FrameGroup[] {
  const groups: Frame[][] = [];
  for (const frame of frames) {
    const group = groups.find(([first]) => first && samePlane(first, frame));
    if (group) group.push(frame);
    else groups.push([frame]);
    if (groups.length > MOST_ORIENTATIONS) return [{ frames: frames.map(withoutPlace) }];
  }
  const largest = groups.toSorted((a, b) => b.length - a.length)[0]?.[0];
  return groups.map((group) => ({ frames: group, ...planeNote(group[0], largest) }));
}

const withoutPlace = ({ position: _, orientation: __, ...rest }: Frame): Frame => rest;

function planeNote(frame: Frame | undefined, usual: Frame | undefined): { note?: string } {
  if (!frame || !usual || frame === usual) return {};
  if (!sameOrientation(frame.orientation, usual.orientation)) return { note: "another orientation" };
  return { note: samePitch(frame, usual) ? "without a position" : "another pixel spacing" };
}

const samePlane = (a: Frame, b: Frame) =>
  sameOrientation(a.orientation, b.orientation) && samePitch(a, b) && isPlaced(a) === isPlaced(b);

function sameOrientation(a: Orientation | undefined, b: Orientation | undefined): boolean {
  if (!a || !b) return a === b;
  return a.every((value, i) => Math.abs(value - (b[i] ?? 0)) < 0.01);
}

function samePitch({ pixelSpacing: a }: Frame, { pixelSpacing: b }: Frame): boolean {
  if (!a || !b) return a === b;
  return a.every((value, i) => Math.abs(value - (b[i] ?? 0)) <= 0.01 * value);
}

/** Frames that differ in what is never one volume; a value that nearly every frame has for itself tells nothing. */
function byStrongTraits(frames: readonly Frame[]): FrameGroup[] {
  let groups: FrameGroup[] = [{ frames }];
  for (const trait of TRAITS.filter(({ strong }) => strong !== "never"))
    groups = groups.flatMap((group) => {
      const parts = partition(group.frames, trait);
      const few = trait.strong === "always" || 2 * parts.length <= group.frames.length;
      return parts.length > 1 && few ? refine(group, () => parts) : [group];
    });
  return groups;
}

/** Frames by the value of a trait, smallest first. */
function partition(frames: readonly Frame[], { name, said, of }: Trait): FrameGroup[] {
  const parts = new Map<string | undefined, Frame[]>();
  for (const frame of frames) {
    const value = of(frame);
    const part = parts.get(value);
    if (part) part.push(frame);
    else parts.set(value, [frame]);
  }
  const number = (value: string | undefined) => Number(value ?? Number.POSITIVE_INFINITY);
  return [...parts]
    .sort(([a], [b]) => number(a) - number(b) || 0)
    .map(([value, part]) => ({ frames: part, note: noteOf(name, said ? value : "") }));
}

/** Numbers may be said; other values are text of the file. */
const noteOf = (name: string, value: string | undefined) =>
  value === undefined ? `no ${name}` : /^-?[0-9.]{1,12}$/.test(value) ? `${name} ${value}` : `another ${name}`;

/** Frames that repeat positions, taken apart by whatever differs, and in the end by their instance numbers. */
function byRepeats(frames: readonly Frame[]): FrameGroup[] {
  const places = placesOf(frames);
  if (!places || places.count === 1 || places.count === frames.length) return [{ frames }];
  let groups: FrameGroup[] = [{ frames }];
  for (const trait of TRAITS)
    groups = groups.flatMap((group) => refine(group, (part) => splitRepeats(part, trait, places)));
  return groups.flatMap((group) => refine(group, (part) => byInstance(part, places)));
}

/** Splits by a trait when that separates repeats and leaves whole stacks. */
function splitRepeats(frames: readonly Frame[], trait: Trait, { of }: Places): FrameGroup[] {
  const places = new Set(frames.map(of));
  if (places.size === frames.length) return [{ frames }];
  const parts = partition(frames, trait);
  const covered = Math.max(...parts.map((part) => new Set(part.frames.map(of)).size));
  const whole = covered >= 0.8 * places.size && parts.length * places.size <= 2 * frames.length;
  return parts.length > 1 && whole ? parts : [{ frames }];
}

/** The first frame at each position, the second, and so on. */
function byInstance(frames: readonly Frame[], { of }: Places): FrameGroup[] {
  const seen = new Map<number, number>();
  const passes: Frame[][] = [];
  for (const frame of frames.toSorted((a, b) => a.source.instance - b.source.instance || a.frame - b.frame)) {
    const place = of(frame);
    const pass = seen.get(place) ?? 0;
    seen.set(place, pass + 1);
    passes[pass] ??= [];
    passes[pass].push(frame);
  }
  if (passes.length === 1) return [{ frames }];
  return passes.map((pass, n) => ({ frames: pass, note: `repetition ${n + 1}` }));
}

interface Places {
  readonly count: number;
  /** Number of the position at which a frame lies. */
  readonly of: (frame: Frame) => number;
}

/** Positions along the normal; undefined when some frame has none. */
function placesOf(frames: readonly Frame[]): Places | undefined {
  const placed = frames.filter(isPlaced);
  const [first] = placed;
  if (!first || placed.length !== frames.length) return undefined;
  const normal = normalOf(first.orientation);
  const sorted = placed
    .map((frame) => ({ frame, along: dot(frame.position, normal) }))
    .sort((a, b) => a.along - b.along);
  const tolerance = sameSliceTolerance(sorted.map(({ along }) => along));
  const numbers = new Map<Frame, number>();
  let [place, start] = [0, sorted[0]?.along ?? 0];
  for (const { frame, along } of sorted) {
    if (along - start > tolerance) [place, start] = [place + 1, along];
    numbers.set(frame, place);
  }
  return { count: place + 1, of: (frame) => numbers.get(frame) ?? 0 };
}

/** Between the jitter of repeated positions and the steps between slices lies the widest ratio of neighbouring gaps. */
function sameSliceTolerance(along: readonly number[]): number {
  const gaps = along.slice(1).map((value, i) => value - (along[i] ?? 0));
  const real = gaps.filter((gap) => gap > 1e-6).sort((a, b) => a - b);
  let tolerance = SAME_SLICE * Math.min(1e-2, real[0] ?? 0);
  for (const [i, gap] of real.entries()) {
    const next = real[i + 1] ?? 0;
    const wider = real.length - 1 - i;
    const steps = 16 * wider >= i + 1 && (wider > 1 || next < LONE_STEP_MM);
    if (gap <= SAME_SLICE_MM && gap <= SAME_SLICE * next && steps) tolerance = 1.5 * gap;
  }
  return Math.max(1e-6, tolerance);
}

/** Blocks of slices that lie far from each other: a monitoring slice is no part of the scan. */
function byDistance(frames: readonly Frame[]): FrameGroup[] {
  const placed = frames.filter(isPlaced);
  const [first] = placed;
  if (!first || placed.length !== frames.length || frames.length < 3) return [{ frames }];
  const normal = normalOf(first.orientation);
  const sorted = placed
    .map((frame) => ({ frame, along: dot(frame.position, normal) }))
    .sort((a, b) => a.along - b.along);
  const gaps = sorted.slice(1).map(({ along }, i) => along - (sorted[i]?.along ?? 0));
  const usual = gaps.toSorted((a, b) => a - b)[(gaps.length - 1) >> 1] ?? 0;
  if (!(usual > 0)) return [{ frames }];
  const blocks: Frame[][] = [[]];
  for (const [i, { frame }] of sorted.entries()) {
    if (i > 0 && (gaps[i - 1] ?? 0) > FAR_STEPS * usual) blocks.push([]);
    blocks.at(-1)?.push(frame);
  }
  if (blocks.length === 1) return [{ frames }];
  const largest = Math.max(...blocks.map((block) => block.length));
  return blocks.map((block) => ({
    frames: block,
    ...(block.length < largest && { note: "far from the other slices" }),
  }));
}
