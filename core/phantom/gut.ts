/** Stomach and bowel: walls, contents, and gas that lies in front because the patient lies on the back. */
import { type Canvas, ellipsoid, paint, type Shape, smoothMin, type Tissue, uniform } from "./canvas.ts";
import { COLON } from "./courses.ts";
import { LABEL } from "./labels.ts";
import { type Noise, type Random, ramp } from "./noise.ts";
import { type Node, paintTube } from "./tube.ts";

export function paintGut(canvas: Canvas, noise: Noise, random: Random): void {
  paintMesentery(canvas, random);
  paintSmallBowel(canvas, noise, random);
  paintColon(canvas, noise);
  paintStomach(canvas, noise);
}

function paintStomach(canvas: Canvas, noise: Noise): void {
  const fundus = ellipsoid([66, -6, 176], [33, 36, 26]);
  const body = ellipsoid([60, -40, 148], [28, 26, 40]);
  const antrum = ellipsoid([18, -52, 122], [40, 16, 17]);
  const shape: Shape = (x, y, z) =>
    smoothMin(smoothMin(fundus(x, y, z), body(x, y, z), 22), antrum(x, y, z), 18) + 2 * noise(x / 20, y / 20, z / 20);
  const box = { from: [-30, -85, 90], to: [110, 40, 210] } as const;
  // Rugae: the wall is thicker along wandering folds.
  const wall = (x: number, y: number, z: number) => 4 + 2 * Math.max(0, noise(x / 8, y / 8, z / 16));
  paint(canvas, { box, shape, tissue: uniform(74), label: LABEL.stomach });
  paint(canvas, {
    box,
    shape: (x, y, z) => shape(x, y, z) + wall(x, y, z),
    tissue: (x, y, z) => (y < -36 ? -975 : 24 + 10 * noise(x / 9, y / 9, z / 9)),
    label: LABEL.stomach,
  });
}

function paintColon(canvas: Canvas, noise: Noise): void {
  const stool: Tissue = (x, y, z) => {
    const lump = noise(x / 6, y / 6, z / 7);
    return 22 + 45 * noise(x / 10 + 3, y / 10, z / 10) - 420 * ramp(lump, 0.3, 0.7);
  };
  COLON.map(haustra).forEach((nodes, n) => {
    const front = (nodes[Math.floor(nodes.length / 2)]?.[1] ?? 0) - (n === 1 ? -3 : 6);
    paintTube(canvas, nodes, { tissue: uniform(62), label: LABEL.colon });
    const tissue: Tissue = (x, y, z, depth) => (y < front ? -960 : stool(x, y, z, depth));
    paintTube(canvas, nodes, { tissue, grow: -2.6, label: LABEL.colon });
  });
}

/** Gives a smooth colon its pouches. */
function haustra(nodes: readonly Node[]): Node[] {
  const out: Node[] = [];
  for (let n = 0; n + 1 < nodes.length; n++) {
    const a = nodes[n] ?? [0, 0, 0, 0];
    const b = nodes[n + 1] ?? a;
    for (let step = 0; step < 3; step++) {
      const t = step / 3;
      const at = (c: 0 | 1 | 2 | 3) => a[c] + (b[c] - a[c]) * t;
      out.push([at(0), at(1), at(2), at(3) * (step === 1 ? 0.8 : 1)]);
    }
  }
  const last = nodes.at(-1);
  return last ? [...out, last] : out;
}

/** Loops that wander through the lower abdomen, from the back to the front, on both sides. */
function paintSmallBowel(canvas: Canvas, noise: Noise, random: Random): void {
  for (let loop = 0; loop < 13; loop++) {
    const depth = 6 - 5.6 * loop + 4 * random();
    const nodes = wander(depth, loop % 2 === 0 ? 38 : -30, random);
    const gassy = random() < 0.2;
    const fluid = 10 + 26 * random();
    paintTube(canvas, nodes, { tissue: uniform(92), label: LABEL.smallBowel });
    const tissue: Tissue = (x, y, z) => (gassy && y < depth - 4 ? -930 : fluid + 24 * noise(x / 6, y / 6, z / 6));
    paintTube(canvas, nodes, { tissue, grow: -2.6, label: LABEL.smallBowel });
  }
}

/** One loop: turns at random, and back when it comes near to the colon. */
function wander(depth: number, middle: number, random: Random): Node[] {
  let x = middle + 60 * (random() - 0.5);
  let z = 10 + 80 * random();
  let heading = 2 * Math.PI * random();
  const nodes: Node[] = [];
  for (let n = 0; n < 9; n++) {
    const y = Math.min(10, Math.max(-70, depth + 9 * (random() - 0.5)));
    nodes.push([x, y, z, 9 + 3.5 * random()]);
    heading += 2 * (random() - 0.5);
    const far = Math.abs(x - middle) > 38 || z < 2 || z > 94 + 0.25 * x;
    if (far) heading = Math.atan2(50 - z, middle - x) + 0.9 * (random() - 0.5);
    x += 18 * Math.cos(heading);
    z += 18 * Math.sin(heading);
  }
  return nodes;
}

/** Vessels in the fat that fans out to the bowel. */
function paintMesentery(canvas: Canvas, random: Random): void {
  for (let n = 0; n < 46; n++) {
    const angle = Math.PI * (0.05 + 0.9 * random()) * (random() < 0.5 ? -1 : 1);
    const reach = 40 + 40 * random();
    const end: Node = [reach * Math.sin(angle), -20 - 45 * random(), 55 + reach * 0.6 * Math.cos(angle), 0.9];
    const middle: Node = [end[0] * 0.5, -14 - 20 * random(), (end[2] + 78) / 2, 1.5];
    paintTube(canvas, [[0, -6, 80, 2.2], middle, end], { tissue: uniform(110) });
  }
}
