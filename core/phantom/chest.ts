/** Lungs with their vessels, airways, heart and the great vessels. */

import type { Vec3 } from "../image/volume.ts";
import {
  type Canvas,
  EXTENT,
  ellipsoid,
  labelAt,
  paint,
  type Shape,
  smoothMin,
  type Tissue,
  uniform,
} from "./canvas.ts";
import { AIRWAYS, ARTERIES, CHEST_VESSELS, OESOPHAGUS, VENA_CAVA } from "./courses.ts";
import { LABEL } from "./labels.ts";
import type { Noise, Random } from "./noise.ts";
import { lungAt } from "./trunk.ts";
import { paintCapsule, paintTube } from "./tube.ts";

const BLOOD = 172;

export function paintLungs(canvas: Canvas, noise: Noise, random: Random): void {
  const tissue: Tissue = (x, y, z) => {
    const fissure = Math.abs(z - 236 - 0.75 * y + 0.12 * Math.abs(x)) < 1.6 ? 70 : 0;
    return -868 + 0.45 * (y + 60) + 26 * noise(x / 7, y / 7, z / 9) + fissure;
  };
  const right = { from: [-140, -100, 120], to: [0, 90, EXTENT[2]] } as const;
  const left = { from: [0, -100, 120], to: [140, 90, EXTENT[2]] } as const;
  paint(canvas, { box: right, shape: lungAt, tissue, label: LABEL.lungRight });
  paint(canvas, { box: left, shape: lungAt, tissue, label: LABEL.lungLeft });
  for (const side of [-1, 1] as const) {
    const within = side < 0 ? LABEL.lungRight : LABEL.lungLeft;
    for (let n = 0; n < TREES; n++) {
      // A spiral over the half sphere that faces the lung, so that no lobe stays empty.
      const lateral = (n + 0.5) / TREES;
      const rim = Math.sqrt(1 - lateral * lateral);
      const angle = n * 2.399963 + random();
      const direction: Vec3 = [side * lateral, rim * Math.cos(angle), rim * Math.sin(angle)];
      const at: Vec3 = [side * 33, 2 + 9 * direction[1], 246 + 14 * direction[2]];
      grow(canvas, { at, direction, radius: 3.4 + 1.4 * random(), within, random });
    }
  }
}

/** Vessels that leave each hilum: arteries and veins of the segments. */
const TREES = 16;

interface Branch {
  readonly at: Vec3;
  readonly direction: Vec3;
  readonly radius: number;
  readonly within: number;
  readonly random: Random;
}

/** A vessel and, at its end, two thinner ones, until they leave the lung or are finer than half a millimetre. */
function grow(canvas: Canvas, { at, direction, radius, within, random }: Branch): void {
  const length = 7 + 3.6 * radius * (0.7 + 0.6 * random());
  const end: Vec3 = [at[0] + direction[0] * length, at[1] + direction[1] * length, at[2] + direction[2] * length];
  const inside = labelAt(canvas, end) === within;
  if (!inside && radius < 3.6) return;
  paintCapsule(canvas, [...at, radius], [...end, radius * 0.86], { tissue: uniform(60), within });
  if (radius * 0.8 < 0.55) return;
  for (const share of [0.84, 0.66]) {
    grow(canvas, { at: end, direction: spread(direction, 0.95, random), radius: radius * share, within, random });
  }
}

/** A unit vector near `direction`. */
function spread([dx, dy, dz]: Vec3, amount: number, random: Random): Vec3 {
  const x = dx + amount * (random() - 0.5);
  const y = dy + amount * (random() - 0.5);
  const z = dz + amount * (random() - 0.5);
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}

export function paintHeart(canvas: Canvas, noise: Noise): void {
  const box = { from: [-70, -100, 165], to: [110, 30, 285] } as const;
  const hull = spindle([24, -40, 226], [0.76, -0.46, -0.44], 66, 47);
  const atria = ellipsoid([-10, -20, 244], [42, 32, 36]);
  const whole: Shape = (x, y, z) => smoothMin(hull(x, y, z), atria(x, y, z), 16) + 2 * noise(x / 22, y / 22, z / 22);
  paint(canvas, { box, shape: whole, tissue: uniform(-88), label: LABEL.heart });
  paint(canvas, {
    box,
    shape: (x, y, z) => whole(x, y, z) + 4.5 + 2.5 * noise(x / 14, y / 14, z / 14),
    tissue: (x, y, z) => 104 + 6 * noise(x / 6, y / 6, z / 8),
    label: LABEL.heart,
  });
  const chambers: readonly Shape[] = [
    spindle([40, -40, 218], [0.76, -0.46, -0.44], 40, 21),
    smoothed(ellipsoid([8, -64, 222], [34, 13, 26]), ellipsoid([14, -60, 244], [17, 14, 18])),
    ellipsoid([14, -6, 246], [30, 15, 19]),
    ellipsoid([-32, -36, 230], [19, 24, 28]),
  ];
  for (const shape of chambers) {
    paint(canvas, {
      box,
      shape: (x, y, z) => shape(x, y, z) + 1.6 * noise(x / 9, y / 9, z / 9),
      tissue: (x, y, z) => BLOOD - 8 + 5 * noise(x / 12, y / 12, z / 12),
      within: LABEL.heart,
    });
  }
}

const smoothed =
  (a: Shape, b: Shape): Shape =>
  (x, y, z) =>
    smoothMin(a(x, y, z), b(x, y, z), 10);

/** Ellipsoid of revolution about `axis` (unit length), half axes along and across it. */
function spindle([cx, cy, cz]: Vec3, [ax, ay, az]: Vec3, along: number, across: number): Shape {
  const upright = ellipsoid([0, 0, 0], [along, across, across]);
  return (x, y, z) => {
    const t = (x - cx) * ax + (y - cy) * ay + (z - cz) * az;
    const r2 = (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 - t * t;
    return upright(t, Math.sqrt(Math.max(0, r2)), 0);
  };
}

export function paintGreatVessels(canvas: Canvas): void {
  for (const nodes of CHEST_VESSELS) paintTube(canvas, nodes, { tissue: uniform(BLOOD - 10) });
  for (const nodes of VENA_CAVA) paintTube(canvas, nodes, { tissue: uniform(BLOOD - 30), label: LABEL.venaCava });
  for (const nodes of ARTERIES) paintTube(canvas, nodes, { tissue: uniform(BLOOD + 8), label: LABEL.aorta });
}

export function paintAirways(canvas: Canvas): void {
  for (const nodes of AIRWAYS) paintTube(canvas, nodes, { tissue: uniform(35), grow: 1.6 });
  for (const nodes of AIRWAYS) paintTube(canvas, nodes, { tissue: uniform(-990), label: LABEL.airway });
  paintTube(canvas, OESOPHAGUS, { tissue: uniform(48) });
  paintTube(canvas, OESOPHAGUS, { tissue: uniform(-300), grow: -5.5 });
}
