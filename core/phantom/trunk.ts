/** The trunk: skin, fat, muscle, the body cavity, diaphragm and lungs, in one pass over all voxels. */
import { type Canvas, EXTENT, originOf, smoothMax } from "./canvas.ts";
import { LABEL } from "./labels.ts";
import { clamp, createTexture, mix, type Noise, ramp } from "./noise.ts";

/** Half axes of the body's outline at a height. */
const bodyAxes = (z: number): [number, number] => [
  152 + 17 * ramp(z, 120, 220) - 14 * ramp(z, 260, 345) + 16 * ramp(-z, -90, 0),
  104 + 8 * ramp(z, 120, 230) - 12 * ramp(z, 260, 345) + 4 * ramp(-z, -90, 0),
];

/** Half axes and middle (y) of the cavity inside of ribs and abdominal wall. */
const cavityAxes = (z: number): [number, number, number] => [
  127 + 8 * ramp(z, 130, 210) - 48 * ramp(z, 250, 350) - 4 * ramp(-z, -70, 0),
  72 + 12 * ramp(z, 130, 220) - 24 * ramp(z, 260, 350),
  -4 - 4 * ramp(z, 130, 220) + 6 * ramp(z, 260, 350),
];

/** `cavityAxes` at every millimetre, because millions of voxels ask. */
const CAVITY = Float64Array.from({ length: 3 * (EXTENT[2] + 1) }, (_, n) => cavityAxes(Math.floor(n / 3))[n % 3] ?? 0);

/** Distance to a flattened ellipse in mm, roughly; the product term makes it boxier, as a torso is. */
export function oval(x: number, y: number, rx: number, ry: number): number {
  const u = (x * x) / (rx * rx);
  const v = (y * y) / (ry * ry);
  const level = Math.sqrt(u + v - (0.3 * u * v) / (1 + 0.3 * u * v) + 1e-9);
  return ((level - 1) / level) * Math.sqrt(x * x + y * y);
}

/** Distance to the cavity's wall. */
export function cavityAt(x: number, y: number, z: number): number {
  const at = 3 * clamp(Math.round(z), 0, EXTENT[2]);
  return oval(x, y - (CAVITY[at + 2] ?? 0), CAVITY[at] ?? 1, CAVITY[at + 1] ?? 1);
}

/** Height of the diaphragm: two domes, the right one higher, and the heart's bed between. */
export function diaphragmAt(x: number, y: number): number {
  const behind = y > -10 ? 62 : 40;
  const depth = behind * ((y + 10) / 75) ** 2;
  const right = 220 - 70 * ((x + 68) / 75) ** 2;
  const left = 206 - 70 * ((x - 72) / 75) ** 2;
  const middle = 196 - 60 * ((x - 8) / 80) ** 2;
  return smoothMax(smoothMax(right, left, 14), middle, 14) - depth;
}

/** Distance to a lung: in the cavity, above the diaphragm, beside the mediastinum. */
export function lungAt(x: number, y: number, z: number): number {
  const half = mix(7, 24, ramp(y, -70, -25)) + 8 * ramp(y, 25, 60) - 4 * ramp(z, 270, 330);
  const inner = half - Math.abs(x - 2);
  return smoothMax(smoothMax(cavityAt(x, y, z) + 2.5, (diaphragmAt(x, y) - z) * 0.75, 8), inner, 10);
}

/** Fills air, table and trunk; everything else is painted over it. */
export function paintTrunk(canvas: Canvas, noise: Noise): void {
  const fields: Fields = { noise, texture: createTexture(noise) };
  const { size, spacing } = canvas;
  const [, y0, z0] = originOf(canvas);
  for (let k = 0; k < size[2]; k++) {
    const z = z0 + k * spacing[2];
    const [rx, ry] = bodyAxes(z);
    for (let j = 0; j < size[1]; j++)
      paintRow(canvas, { y: y0 + j * spacing[1], z, rx, ry, row: j + size[1] * k }, fields);
  }
}

/** Exact noise for borders, quick noise for textures. */
interface Fields {
  readonly noise: Noise;
  readonly texture: Noise;
}

interface Row {
  readonly y: number;
  readonly z: number;
  readonly rx: number;
  readonly ry: number;
  readonly row: number;
}

function paintRow({ size, spacing, hu, labels }: Canvas, { y, z, rx, ry, row }: Row, fields: Fields): void {
  const edge = spacing[0];
  const half = EXTENT[0] / 2;
  const start = row * size[0];
  if (y > 95) for (let i = 0; i < size[0]; i++) hu[start + i] = tableAt((i + 0.5) * edge - half, y);
  const belly = ramp(-z, -150, -40);
  // Beyond this x the outline is more than a voxel away: 0.85 bounds the boxiness of the oval.
  const reach = rx * Math.sqrt(Math.max(0, 1.1 - (y / ry) ** 2) / 0.85);
  const first = clamp(Math.floor((half - reach) / edge), 0, size[0]);
  for (let i = first; i < size[0] - first; i++) {
    const x = (i + 0.5) * edge - half;
    // A furrow runs down the back between the long muscles.
    const furrow = y > 60 ? 6 / (1 + (x / 13) ** 4) : 0;
    const depth = -oval(x, y, rx, ry) - furrow;
    if (depth < -edge) continue;
    const share = clamp(0.5 + depth / edge, 0, 1);
    const tissue = depth < 2.2 ? 30 : wallAt(x, y, z, depth, belly, fields);
    hu[start + i] = mix(hu[start + i] ?? 0, tissue, share);
    if (share > 0.5) labels[start + i] = LABEL.body;
  }
}

/** The couch: a thin shell with foam inside. */
function tableAt(x: number, y: number): number {
  const top = 117 - (x / 190) ** 2 * 16;
  if (Math.abs(x) > 188 || y < top || y > top + 20 || y > EXTENT[1] / 2) return -1000;
  return y < top + 2.5 || y > top + 17.5 ? -180 : -930;
}

/** Subcutaneous fat, muscle with fat septa, or what fills the cavity. */
function wallAt(x: number, y: number, z: number, depth: number, belly: number, { noise, texture }: Fields): number {
  const coarse = noise(x / 34, y / 34, z / 40);
  const sideways = Math.abs(x) / 150;
  const fat = 9 + 5 * sideways + belly * (6 + 8 * ramp(-y, 20, 80)) + 7 * ramp(y, 70, 100) * belly + 2.5 * coarse;
  if (depth < fat) return subcutaneous(x, y, z, texture);
  const cavity = cavityAt(x, y, z) + 1.5 * coarse;
  if (cavity < 0) return z > 222 && Math.abs(x) > 40 ? -100 : inCavity(x, y, z, coarse, texture);
  const edge = Math.min(depth - fat, cavity);
  return mix(-80, muscleAt(x, y, z, texture), clamp(0.35 + edge / 1.6, 0, 1));
}

function subcutaneous(x: number, y: number, z: number, texture: Noise): number {
  const strand = Math.abs(texture(x / 7 + 9, y / 7, z / 16));
  return -106 + (strand < 0.05 ? 35 : 0) + 6 * strand;
}

/** Fibres with fat between; the septa between the muscles of the back are drawn as ovals. */
function muscleAt(x: number, y: number, z: number, texture: Noise): number {
  const fibre = texture(x / 8, y / 6, z / 30);
  const septum = texture(x / 19 + 5, y / 12, z / 45 + 3);
  const marbling = Math.abs(septum) < 0.07 ? -75 * (1 - Math.abs(septum) / 0.07) : 0;
  const erector = Math.abs(oval(Math.abs(x) - 31, y - 88, 27, 18));
  const fascia = y > 60 && erector < 1.6 ? -110 * (1 - erector / 1.6) : 0;
  return 56 + 9 * fibre + Math.min(marbling, fascia);
}

/** Lungs above the diaphragm, fat around everything else. */
function inCavity(x: number, y: number, z: number, coarse: number, texture: Noise): number {
  const strand = texture(x / 9, y / 9 + 7, z / 12);
  return -104 + 7 * coarse + (Math.abs(strand) < 0.045 ? 40 : 0);
}
