/** A CT-like torso made of formulas: the study that opens when nobody has brought one. Not anatomy to learn from. */

import type { Vec3, Volume } from "../image/volume.ts";
import { paintAbdomen } from "./abdomen.ts";
import { paintBones } from "./bones.ts";
import { type Canvas, createCanvas, EXTENT, originOf } from "./canvas.ts";
import { paintAirways, paintGreatVessels, paintHeart, paintLungs } from "./chest.ts";
import { paintGut } from "./gut.ts";
import { LABEL_NAMES } from "./labels.ts";
import { createNoise, createRandom, type Random } from "./noise.ts";
import { paintTrunk } from "./trunk.ts";

export interface PhantomOptions {
  /** Voxels along i, j, k. The imaged space stays the same, so a small size is a coarse scan. */
  readonly size?: Vec3;
  readonly seed?: number;
}

export interface Phantom {
  /** HU, axial slices from bottom to top, patient on the back, head first. */
  readonly volume: Volume;
  /** What each voxel is: an index into `names`, 0 = background. Same order as the volume's data. */
  readonly labels: Uint8Array;
  readonly names: readonly string[];
}

/** Standard deviation of the scanner's noise, HU. */
const NOISE_HU = 11;

/**
 * Makes the phantom; the same options give the same voxels.
 *
 * @example
 * const { volume, labels, names } = createPhantom({ seed: 7 });
 */
export function createPhantom({ size = [256, 192, 96], seed = 1 }: PhantomOptions = {}): Phantom {
  const random = createRandom(seed);
  const noise = createNoise(random);
  const canvas = createCanvas(size);
  paintTrunk(canvas, noise);
  paintGut(canvas, noise, random);
  paintLungs(canvas, noise, random);
  paintAbdomen(canvas, noise);
  paintHeart(canvas, noise);
  paintGreatVessels(canvas);
  paintAirways(canvas);
  paintBones(canvas, noise);
  return { volume: volumeOf(canvas, scan(canvas, random)), labels: canvas.labels, names: LABEL_NAMES };
}

function volumeOf(canvas: Canvas, data: Int16Array): Volume {
  const { size, spacing } = canvas;
  const [x, y, z] = originOf(canvas);
  return {
    size,
    channels: 1,
    data,
    rescale: { slope: 1, intercept: 0 },
    ijkToLps: [spacing[0], 0, 0, x, 0, spacing[1], 0, y, 0, 0, spacing[2], z - EXTENT[2] / 2, 0, 0, 0, 1],
    unit: "mm",
    modality: "CT",
    inverted: false,
    windows: [],
    warnings: ["This is a synthetic phantom, not a patient."],
  };
}

/** What the scanner does: blurs a little in the slice, adds noise that neighbours share, rounds and clips at 12 bits. */
function scan({ size, hu }: Canvas, random: Random): Int16Array {
  const [width, height, depth] = size;
  const out = new Int16Array(hu.length);
  const noise = new Float32Array(width + 1);
  let state = Math.floor(random() * 2 ** 32) | 0;
  for (let row = 0; row < height * depth; row++) {
    const start = row * width;
    const above = row % height === 0 ? start : start - width;
    const below = row % height === height - 1 ? start : start + width;
    for (let i = 0; i < width; i++) {
      const n = start + i;
      const left = i === 0 ? 0 : -1;
      const right = i === width - 1 ? 0 : 1;
      const across = (hu[n + left] ?? 0) + (hu[n + right] ?? 0) + (hu[above + i] ?? 0) + (hu[below + i] ?? 0);
      // The sum of three bytes is nearly Gaussian, with a deviation of 128; the recursion over x and y correlates it.
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const white = ((state >>> 24) + ((state >>> 16) & 255) + ((state >>> 8) & 255) - 382.5) / 128;
      const grain = 0.75 * white + 0.36 * (noise[i] ?? 0) + 0.36 * (noise[i + 1] ?? 0);
      noise[i + 1] = grain;
      const value = 0.56 * (hu[n] ?? 0) + 0.11 * across + NOISE_HU * grain;
      out[n] = value < -1024 ? -1024 : value > 3071 ? 3071 : Math.round(value);
    }
  }
  return out;
}
