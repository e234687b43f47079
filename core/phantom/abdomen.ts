/** Solid organs of the abdomen. */

import { spineY } from "./bones.ts";
import { boxAround, type Canvas, ellipsoid, paint, type Shape, smoothMax, type Tissue } from "./canvas.ts";
import { LABEL } from "./labels.ts";
import { mix, type Noise, ramp } from "./noise.ts";
import { cavityAt, diaphragmAt } from "./trunk.ts";
import { type Node, paintTube } from "./tube.ts";

const flat =
  (hu: number): Tissue =>
  () =>
    hu;

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
  for (const [hu, nodes] of LIVER_VESSELS) paintTube(canvas, nodes, { tissue: flat(hu), within: LABEL.liver });
  const fissure: readonly Node[] = [
    [14, -78, 150, 3],
    [12, -50, 160, 3.5],
    [8, -26, 168, 3],
  ];
  paintTube(canvas, fissure, { tissue: flat(-70), within: LABEL.liver });
  paint(canvas, {
    box: boxAround([-58, -58, 118], [18, 22, 30]),
    shape: ellipsoid([-58, -58, 118], [14, 17, 25]),
    tissue: (_x, _y, _z, depth) => (depth < 2 ? 60 : 9),
    label: LABEL.gallbladder,
  });
}

/** Hepatic veins run to the vena cava under the dome, portal branches come in from below. */
const LIVER_VESSELS: readonly (readonly [number, readonly Node[]])[] = [
  [
    134,
    [
      [-28, 4, 200, 6],
      [-58, 14, 196, 4.5],
      [-84, 22, 182, 3],
      [-104, 22, 162, 1.8],
    ],
  ],
  [
    134,
    [
      [-28, 0, 200, 6],
      [-44, -30, 192, 4.5],
      [-52, -56, 176, 2.6],
    ],
  ],
  [
    134,
    [
      [-26, 0, 200, 5],
      [4, -32, 190, 3.5],
      [30, -50, 178, 2],
    ],
  ],
  [
    140,
    [
      [-26, -4, 150, 7],
      [-44, -8, 158, 6],
      [-70, -2, 162, 4.5],
      [-96, 6, 150, 3],
      [-110, 10, 134, 1.8],
    ],
  ],
  [
    140,
    [
      [-62, -4, 162, 4],
      [-76, -30, 172, 3.2],
      [-90, -48, 176, 2],
    ],
  ],
  [
    140,
    [
      [-36, -8, 158, 5],
      [-16, -30, 168, 4],
      [10, -48, 172, 3],
      [34, -58, 172, 2],
    ],
  ],
];

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
    const hilum = cz - 4;
    const vein: readonly Node[] = [
      [cx - side * 12, 32, hilum, 4.5],
      [side * 30, 18, hilum + 4, 4.5],
      [-16, 14, hilum + 8, 5],
    ];
    paintTube(canvas, vein.slice(0, side < 0 ? 3 : 2), { tissue: flat(140) });
    const ureter: readonly Node[] = [
      [cx - side * 16, 34, cz - 12, 3],
      [side * 40, 28, cz - 60, 2],
      [side * 42, 22, -6, 2],
    ];
    paintTube(canvas, ureter, { tissue: flat(28) });
  }
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
  const portal: readonly Node[] = [
    [-6, -12, 98, 5],
    [-8, -10, 128, 6],
    [-26, -6, 150, 7],
  ];
  const splenic: readonly Node[] = [
    [-8, -10, 132, 5],
    [30, 4, 146, 4.5],
    [70, 16, 160, 4],
    [88, 22, 166, 3],
  ];
  const gland: readonly Node[] = [
    [-30, -18, 112, 13],
    [-20, -24, 126, 12],
    [6, -26, 140, 9],
    [34, -12, 150, 9.5],
    [62, 6, 158, 8.5],
    [80, 14, 164, 6],
  ];
  const tissue: Tissue = (x, y, z) => {
    const lobule = noise(x / 5, y / 5, z / 6);
    return lobule < -0.45 ? -20 : 84 + 8 * lobule;
  };
  paintTube(canvas, gland, { tissue, label: LABEL.pancreas });
  for (const nodes of [portal, splenic]) paintTube(canvas, nodes, { tissue: flat(148) });
  for (const side of [-1, 1]) {
    const adrenal: readonly Node[] = [
      [side * 34, 30, 176, 2.5],
      [side * 40, 26, 186, 2.5],
      [side * 36, 18, 190, 2],
    ];
    paintTube(canvas, adrenal, { tissue: flat(70) });
  }
}
