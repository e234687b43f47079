/** Solid organs of the abdomen. */

import { spineY } from "./bones.ts";
import { boxAround, type Canvas, ellipsoid, paint, type Shape, smoothMax, type Tissue, uniform } from "./canvas.ts";
import {
  ADRENALS,
  HEPATIC_VEINS,
  LIGAMENT,
  PANCREAS,
  PORTAL_BRANCHES,
  PORTAL_SYSTEM,
  RENAL_VEINS,
  URETERS,
} from "./courses.ts";
import { LABEL } from "./labels.ts";
import { mix, type Noise, ramp } from "./noise.ts";
import { cavityAt, diaphragmAt } from "./trunk.ts";
import { type Node, paintTube } from "./tube.ts";

/** Inside the cavity and under the diaphragm, with room for the muscle. */
const under = (x: number, y: number, z: number): number =>
  smoothMax(cavityAt(x, y, z) + 4, (z - diaphragmAt(x, y) + 5) * 0.75, 10);

export function paintAbdomen(canvas: Canvas, noise: Noise): void {
  paintPsoas(canvas, noise);
  paintKidneys(canvas, noise);
  paintSpleen(canvas, noise);
  paintLiver(canvas, noise);
  paintPancreas(canvas, noise);
}

function paintPsoas(canvas: Canvas, noise: Noise): void {
  for (const side of [-1, 1]) {
    const nodes: readonly Node[] = [120, 90, 60, 30, -8].map((z, n) => [
      side * (27 + 5 * n),
      spineY(z) + 2 - 2.5 * n,
      z,
      8 + 3 * n,
    ]);
    const tissue: Tissue = (x, y, z) => 58 + 8 * noise(x / 6, y / 6, z / 25);
    paintTube(canvas, nodes, { tissue, label: LABEL.psoas });
  }
}

/** A wedge: full under the right dome, thinning to the left in front of the stomach, cut off obliquely below. */
function paintLiver(canvas: Canvas, noise: Noise): void {
  const shape: Shape = (x, y, z) => {
    const wave = 3.5 * noise(x / 26, y / 26, z / 26);
    const bottom = 96 + 0.5 * (x + 112) + 0.28 * Math.max(0, y + 10) + 12 * ramp(x, 0, 50);
    const lower = (bottom - z) * 0.8 + wave;
    const behind = (y - 44 + 0.52 * (x + 62)) * 0.85 + wave;
    const left = x - 74;
    return smoothMax(smoothMax(under(x, y, z), lower, 16), smoothMax(behind, left, 14), 14);
  };
  const tissue: Tissue = (x, y, z) => 92 + 4 * noise(x / 5, y / 5, z / 7);
  const box = { from: [-135, -95, 80], to: [80, 80, 222] } as const;
  paint(canvas, { box, shape, tissue, label: LABEL.liver });
  for (const nodes of HEPATIC_VEINS) paintTube(canvas, nodes, { tissue: uniform(134), within: LABEL.liver });
  for (const nodes of PORTAL_BRANCHES) paintTube(canvas, nodes, { tissue: uniform(140), within: LABEL.liver });
  paintTube(canvas, LIGAMENT, { tissue: uniform(-70), within: LABEL.liver });
  paint(canvas, {
    box: boxAround([-58, -58, 118], [18, 22, 30]),
    shape: ellipsoid([-58, -58, 118], [14, 17, 25]),
    tissue: (_x, _y, _z, depth) => (depth < 2 ? 60 : 9),
    label: LABEL.gallbladder,
  });
}

function paintSpleen(canvas: Canvas, noise: Noise): void {
  const hull = ellipsoid([106, 30, 168], [40, 50, 46]);
  const stomachBed = ellipsoid([52, -12, 172], [46, 58, 64]);
  const shape: Shape = (x, y, z) =>
    smoothMax(
      smoothMax(under(x, y, z), hull(x, y, z) + 2.5 * noise(x / 18, y / 18, z / 18), 8),
      -stomachBed(x, y, z),
      9,
    );
  const tissue: Tissue = (x, y, z) => 106 + 4 * noise(x / 5, y / 5, z / 7);
  paint(canvas, { box: { from: [50, -30, 122], to: [135, 82, 215] }, shape, tissue, label: LABEL.spleen });
}

function paintKidneys(canvas: Canvas, noise: Noise): void {
  for (const [side, cz, label] of [
    [-1, 122, LABEL.kidneyRight],
    [1, 136, LABEL.kidneyLeft],
  ] as const) {
    const cx = side * 60;
    const shape: Shape = (x, y, z) => kidney(side * (x - cx), y - 38, z - cz) + 1.5 * noise(x / 16, y / 16, z / 16);
    const tissue: Tissue = (x, y, z, depth) => renal(side * (x - cx), y - 38, z - cz, depth, noise);
    paint(canvas, { box: boxAround([cx, 38, cz], [40, 38, 62]), shape, tissue, label });
  }
  for (const nodes of RENAL_VEINS) paintTube(canvas, nodes, { tissue: uniform(140) });
  for (const nodes of URETERS) paintTube(canvas, nodes, { tissue: uniform(28) });
}

/** `x` grows away from the spine. The long axis leans outwards at the lower end. */
function kidney(x: number, y: number, z: number): number {
  const across = x + 0.2 * z;
  const level = Math.sqrt((across / 27) ** 2 + ((y + 0.25 * across) / 25) ** 2 + (z / 54) ** 2);
  const hull = (level - 1) * 26;
  const notch = 13 - Math.hypot(across + 30, (y + 6) * 1.1, z / 1.7);
  return smoothMax(hull, notch, 7);
}

/** Cortex, darker pyramids, and the fatty sinus with the renal pelvis. */
function renal(x: number, y: number, z: number, depth: number, noise: Noise): number {
  const across = x + 0.2 * z;
  const sinus = Math.hypot((across + 12) / 1.25, y + 3, z / 2.3) - 9;
  if (sinus < 0) return Math.hypot(across + 15, y + 3, z / 2) < 5 ? 18 : -70;
  const angle = Math.atan2(y + 3, across + 8);
  const pyramid = Math.sin(angle * 5) * Math.cos(z / 5.2) + 0.5 * noise(x / 7, y / 7, z / 7);
  const medulla = ramp(depth, 5.5, 8) * ramp(pyramid, -0.3, 0.3);
  return mix(158, 118, medulla) + 5 * noise(x / 5, y / 5, z / 5);
}

function paintPancreas(canvas: Canvas, noise: Noise): void {
  const tissue: Tissue = (x, y, z) => {
    const lobule = noise(x / 5, y / 5, z / 6);
    return lobule < -0.45 ? -20 : 84 + 8 * lobule;
  };
  paintTube(canvas, PANCREAS, { tissue, label: LABEL.pancreas });
  for (const nodes of PORTAL_SYSTEM) paintTube(canvas, nodes, { tissue: uniform(148) });
  for (const nodes of ADRENALS) paintTube(canvas, nodes, { tissue: uniform(70) });
}
