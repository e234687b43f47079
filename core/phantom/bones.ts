/** Spine, ribs with sternum and shoulder blades, and the upper pelvis. */
import { type Canvas, EXTENT, paint, type Shape, type Tissue } from "./canvas.ts";
import { LABEL } from "./labels.ts";
import { clamp, type Noise, ramp } from "./noise.ts";
import { cavityAt, oval } from "./trunk.ts";

/** Height of a vertebra with its disc, mm. */
const LEVEL = 31;

/** Middle of the vertebral bodies: further back in the chest than in the loin. */
export const spineY = (z: number): number => 42 + 9 * ramp(z, 100, 250);

const canalY = (z: number): number => spineY(z) + 24;

/** Height above the middle of this vertebra. */
const inLevel = (z: number): number => z - (Math.floor(z / LEVEL) + 0.5) * LEVEL;

/** Bones have a hard rind of `thickness` mm. */
const bone =
  (noise: Noise, rind: number, marrow: number, thickness: number): Tissue =>
  (x, y, z, depth) =>
    depth < thickness ? rind : marrow + 55 * noise(x / 4, y / 4, z / 6);

export function paintBones(canvas: Canvas, noise: Noise): void {
  paintSpine(canvas, noise);
  paintRibs(canvas, noise);
  const front = { from: [-30, -112, 186], to: [30, -60, EXTENT[2]] } as const;
  paint(canvas, { box: front, shape: sternum, tissue: bone(noise, 430, 160, 1.8), label: LABEL.ribs });
  const pelvis = { from: [-135, 0, 0], to: [135, 100, 60] } as const;
  paint(canvas, { box: pelvis, shape: iliac, tissue: bone(noise, 540, 150, 1.8), label: LABEL.pelvis });
  const shoulder = { from: [-150, -20, 238], to: [150, 110, EXTENT[2]] } as const;
  paint(canvas, { box: shoulder, shape: scapula, tissue: bone(noise, 560, 380, 1.2) });
}

function paintSpine(canvas: Canvas, noise: Noise): void {
  const box = { from: [-46, 15, 0], to: [46, 110, EXTENT[2]] } as const;
  const disc: Tissue = (_x, _y, z) => (Math.abs(inLevel(z)) > 12 ? 92 : 520);
  const marrow = bone(noise, 480, 185, 1.7);
  const body: Tissue = (x, y, z, depth) =>
    Math.abs(inLevel(z)) > 10.2 ? disc(x, y, z, depth) : marrow(x, y, z, depth);
  paint(canvas, { box, shape: vertebralBody, tissue: body, label: LABEL.spine });
  paint(canvas, { box, shape: canal(9.5), tissue: () => -45, label: LABEL.spine });
  paint(canvas, { box, shape: canal(7.6), tissue: () => 18, label: LABEL.spine });
  paint(canvas, { box, shape: canal(4.6), tissue: (_x, _y, z) => 18 + 24 * ramp(z, 110, 140), label: LABEL.spine });
  paint(canvas, { box, shape: arch, tissue: bone(noise, 560, 270, 1.5), label: LABEL.spine });
}

const vertebralBody: Shape = (x, y, z) => {
  const offset = inLevel(z);
  const waist = 1.8 * Math.max(0, 1 - (offset / 11) ** 2);
  const rx = 23.5 - 5.5 * ramp(z, 80, 250) - waist;
  const dy = y - spineY(z);
  const ry = 16.5 - waist;
  return Math.max(oval(x, dy, rx, ry), 9.8 - Math.hypot(x / 1.15, y - canalY(z)));
};

const canal =
  (radius: number): Shape =>
  (x, y, z) =>
    Math.hypot(x / 1.15, y - canalY(z)) - radius;

/** Laminae, pedicles, transverse and spinous processes of each vertebra. */
const arch: Shape = (x, y, z) => {
  const offset = inLevel(z);
  const dy = y - canalY(z);
  const side = Math.abs(x);
  const ring = Math.max(Math.abs(Math.hypot(x / 1.15, dy) - 12) - 2.3, -2 - dy, Math.abs(offset) - 10);
  const pedicle = Math.max(Math.abs(side - 13) - 3.6, Math.abs(dy + 8) - 11, Math.abs(offset - 4) - 5);
  const reach = clamp((side - 12) / 24, 0, 1);
  const wing = Math.hypot(Math.max(0, 12 - side, side - 36), dy - 1 - 8 * reach) - (4.6 - 1.4 * reach);
  const transverse = Math.max(wing, Math.abs(offset - 3) - 4.5);
  const slant = 3 - 0.32 * (dy - 12);
  const thickness = 2.4 + 1.4 * ramp(dy, 20, 27);
  const spinous = Math.max(side - thickness, Math.abs(dy - 19) - 9, Math.abs(offset - slant) - 7);
  const facet = Math.max(Math.hypot(side - 16, dy - 7) - 6, Math.abs(Math.abs(offset) - 11) - 5);
  return Math.min(ring, pedicle, transverse, spinous, facet);
};

/** How far around the chest, 0 at the spine, 1 at the breastbone. */
const around = (x: number, y: number): number => Math.atan2(Math.abs(x), y + 8) / Math.PI;

function paintRibs(canvas: Canvas, noise: Noise): void {
  const tissue = bone(noise, 640, 250, 1.3);
  const cartilage: Tissue = (x, y, z, depth) =>
    around(x, y) > 0.74 ? 105 + 60 * noise(x / 5, y / 5, z / 5) : tissue(x, y, z, depth);
  const box = { from: [-155, -112, 40], to: [155, 105, EXTENT[2]] } as const;
  paint(canvas, { box, shape: ribs, tissue: cartilage, label: LABEL.ribs });
}

/** All ribs at once: each leaves its vertebra, sinks towards the side and, as cartilage, rises to the breastbone. */
const ribs: Shape = (x, y, z) => {
  const radial = cavityAt(x, y, z) - 5.5;
  if (Math.abs(radial) > 8) return Math.abs(radial) - 4;
  if (Math.abs(x) < 14) return 4;
  const s = around(x, y);
  const drop = 84 * ramp(s, 0.02, 0.8) - 34 * ramp(s, 0.76, 1);
  const level = (z + drop) / LEVEL - 0.6;
  const nearest = Math.round(level);
  // Levels 4 and 5 are the floating ribs; 6 and 7 end in the costal margin; the rest reach the breastbone.
  const end = nearest < 4 ? 0 : nearest < 6 ? 0.12 + 0.11 * (nearest - 3) : nearest < 8 ? 0.74 : 0.97;
  const dz = (level - nearest) * LEVEL;
  const thickness = 3.6 - 0.4 * ramp(s, 0.7, 0.75);
  const section = (Math.hypot(radial / thickness, dz / 7) - 1) * thickness;
  return Math.max(section, (s - end) * 300);
};

/** Breastbone: broad at the top, narrow at the sword-shaped end, its front following the chest. */
const sternum: Shape = (x, y, z) => {
  const width = 14 + 9 * ramp(z, 288, 316) - 8 * ramp(-z, -206, -190);
  const section = oval(x, y + 95 - 10 * ramp(z, 200, 340), width, 6.2);
  return Math.max(section, Math.abs(z - 268) - 78);
};

/** Iliac wings, and the sacrum's wings between them. */
const iliac: Shape = (x, y, z) => {
  const side = Math.abs(x);
  const t = clamp(((side - 50) * 62 - (y - 78) * 58) / (62 * 62 + 58 * 58), 0, 1);
  const bulge = 9 * Math.sin(Math.PI * t);
  const plate =
    Math.hypot(side - (50 + 62 * t + bulge * 0.68), y - (78 - 58 * t + bulge * 0.73)) - (3.2 + 2.5 * Math.abs(t - 0.4));
  const crest = z - (54 - 70 * (t - 0.45) ** 2);
  const ala = Math.max(Math.hypot((side - 30) / 1.6, y - 60) - 13, z - 20);
  return Math.min(Math.max(plate, crest), ala);
};

const scapula: Shape = (x, y, z) => {
  const s = around(x, y);
  const blade = Math.abs(cavityAt(x, y, z) - 17 - 10 * (s - 0.25)) - 1.9;
  const tip = ramp(z, 242, 320);
  return Math.max(blade, (Math.abs(s - 0.31) - 0.05 - 0.08 * tip) * 300, 244 - z);
};
