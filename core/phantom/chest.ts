/** Lungs with their vessels, airways, heart and the great vessels. */

import type { Vec3 } from "../volume.ts";
import { type Canvas, EXTENT, ellipsoid, labelAt, paint, type Shape, smoothMin, type Tissue } from "./canvas.ts";
import { LABEL } from "./labels.ts";
import type { Noise, Random } from "./noise.ts";
import { lungAt } from "./trunk.ts";
import { type Node, paintCapsule, paintTube } from "./tube.ts";

const BLOOD = 172;

const flat =
  (hu: number): Tissue =>
  () =>
    hu;

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
  paintCapsule(canvas, [...at, radius], [...end, radius * 0.86], { tissue: flat(60), within });
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
  paint(canvas, { box, shape: whole, tissue: flat(-88), label: LABEL.heart });
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

const AORTA: readonly Node[] = [
  [4, -34, 244, 14],
  [-10, -40, 268, 15],
  [-6, -30, 294, 14.5],
  [6, -8, 307, 14],
  [18, 14, 302, 13],
  [22, 27, 284, 12.5],
  [22, 26, 240, 12],
  [17, 22, 190, 11],
  [9, 16, 140, 10],
  [5, 14, 100, 9],
  [4, 14, 58, 8.5],
];

const VENA_CAVA: readonly Node[] = [
  [-20, 16, 40, 10],
  [-21, 15, 100, 11],
  [-25, 16, 160, 12],
  [-27, 2, 196, 13],
  [-28, -22, 212, 13],
];

export function paintGreatVessels(canvas: Canvas): void {
  const veins: readonly (readonly Node[])[] = [
    [
      [-26, -28, 250, 10],
      [-27, -22, 285, 9],
      [-24, -26, 318, 8],
      [-22, -30, 345, 8],
    ],
    [
      [18, -58, 248, 14],
      [16, -44, 268, 13],
      [26, -22, 276, 11],
      [50, -2, 274, 8],
    ],
    [
      [14, -38, 270, 11],
      [-12, -12, 270, 10],
      [-42, -2, 262, 8],
    ],
    [
      [10, -4, 246, 8],
      [46, 6, 240, 6],
    ],
    [
      [10, -4, 246, 8],
      [-42, 6, 236, 6],
    ],
  ];
  for (const nodes of veins) paintTube(canvas, nodes, { tissue: flat(BLOOD - 10) });
  paintTube(canvas, VENA_CAVA, { tissue: flat(BLOOD - 30), label: LABEL.venaCava });
  for (const side of [-1, 1]) {
    const iliacVein: readonly Node[] = [
      [-20, 17, 42, 9],
      [-20 + side * 18, 26, 22, 8],
      [-16 + side * 38, 34, -6, 8],
    ];
    paintTube(canvas, iliacVein, { tissue: flat(BLOOD - 34), label: LABEL.venaCava });
    const iliac: readonly Node[] = [
      [4, 14, 58, 7],
      [4 + side * 16, 18, 36, 5.5],
      [4 + side * 34, 24, -6, 5],
    ];
    paintTube(canvas, iliac, { tissue: flat(BLOOD + 8), label: LABEL.aorta });
  }
  const branches: readonly (readonly Node[])[] = [
    [
      [-4, -22, 302, 6],
      [-14, -18, 345, 6],
    ],
    [
      [7, -8, 308, 5],
      [8, -6, 345, 4.5],
    ],
    [
      [16, 8, 306, 5],
      [26, 6, 345, 5],
    ],
    [
      [6, 10, 142, 4],
      [6, -4, 132, 3.5],
      [4, -10, 90, 3],
    ],
    [
      [7, 12, 156, 4],
      [4, 0, 160, 3.5],
      [-24, -8, 166, 2.6],
    ],
  ];
  for (const nodes of [AORTA, ...branches]) paintTube(canvas, nodes, { tissue: flat(BLOOD + 8), label: LABEL.aorta });
}

export function paintAirways(canvas: Canvas): void {
  const tubes: readonly (readonly Node[])[] = [
    [
      [0, 2, 348, 8.5],
      [0, 8, 310, 8.5],
      [1, 12, 272, 8.5],
    ],
    [
      [1, 12, 274, 7.5],
      [-16, 12, 262, 7],
      [-36, 10, 248, 5],
      [-56, 14, 232, 3],
    ],
    [
      [1, 12, 274, 7],
      [20, 14, 260, 6],
      [40, 14, 246, 4.5],
      [58, 18, 230, 2.6],
    ],
  ];
  for (const nodes of tubes) paintTube(canvas, nodes, { tissue: flat(35), grow: 1.6 });
  for (const nodes of tubes) paintTube(canvas, nodes, { tissue: flat(-990), label: LABEL.airway });
  const oesophagus: readonly Node[] = [
    [4, 20, 348, 7],
    [6, 25, 280, 7],
    [6, 14, 230, 7.5],
    [16, 6, 198, 8],
  ];
  paintTube(canvas, oesophagus, { tissue: flat(48) });
  paintTube(canvas, oesophagus, { tissue: flat(-300), grow: -5.5 });
}
