/** Middle lines of vessels, airways and gut. Each point is `x y z radius` in mm, points are parted by commas. */
import type { Node } from "./tube.ts";

function course(points: string): readonly Node[] {
  return points.split(",").map((point) => {
    const [x = 0, y = 0, z = 0, radius = 0] = point.trim().split(/\s+/).map(Number);
    return [x, y, z, radius];
  });
}

/** Aorta from its root over the arch to the fork, the arch's branches, coeliac and mesenteric artery, iliac arteries. */
export const ARTERIES = [
  "4 -34 244 14, -10 -40 268 15, -6 -30 294 14.5, 6 -8 307 14, 18 14 302 13, 22 27 284 12.5, 22 26 240 12, 17 22 190 11, 9 16 140 10, 5 14 100 9, 4 14 58 8.5",
  "-4 -22 302 6, -14 -18 345 6",
  "7 -8 308 5, 8 -6 345 4.5",
  "16 8 306 5, 26 6 345 5",
  "6 10 142 4, 6 -4 132 3.5, 4 -10 90 3",
  "7 12 156 4, 4 0 160 3.5, -24 -8 166 2.6",
  "4 14 58 7, 20 18 36 5.5, 38 24 -6 5",
  "4 14 58 7, -12 18 36 5.5, -30 24 -6 5",
].map(course);

/** Upper vena cava, pulmonary trunk with its left and right branch, pulmonary veins. */
export const CHEST_VESSELS = [
  "-26 -28 250 10, -27 -22 285 9, -24 -26 318 8, -22 -30 345 8",
  "18 -58 248 14, 16 -44 268 13, 26 -22 276 11, 50 -2 274 8",
  "14 -38 270 11, -12 -12 270 10, -42 -2 262 8",
  "10 -4 246 8, 46 6 240 6",
  "10 -4 246 8, -42 6 236 6",
].map(course);

/** Lower vena cava and the iliac veins that form it. */
export const VENA_CAVA = [
  "-20 16 40 10, -21 15 100 11, -25 16 160 12, -27 2 196 13, -28 -22 212 13",
  "-20 17 42 9, -38 26 22 8, -54 34 -6 8",
  "-20 17 42 9, -2 26 22 8, 22 34 -6 8",
].map(course);

/** Windpipe, right and left main bronchus. */
export const AIRWAYS = [
  "0 2 348 8.5, 0 8 310 8.5, 1 12 272 8.5",
  "1 12 274 7.5, -16 12 262 7, -36 10 248 5, -56 14 232 3",
  "1 12 274 7, 20 14 260 6, 40 14 246 4.5, 58 18 230 2.6",
].map(course);

export const OESOPHAGUS = course("4 20 348 7, 6 25 280 7, 6 14 230 7.5, 16 6 198 8");

/** From the vena cava under the dome outwards. */
export const HEPATIC_VEINS = [
  "-28 4 200 6, -58 14 196 4.5, -84 22 182 3, -104 22 162 1.8",
  "-28 0 200 6, -44 -30 192 4.5, -52 -56 176 2.6",
  "-26 0 200 5, 4 -32 190 3.5, 30 -50 178 2",
].map(course);

/** From the liver's gate outwards. */
export const PORTAL_BRANCHES = [
  "-26 -4 150 7, -44 -8 158 6, -70 -2 162 4.5, -96 6 150 3, -110 10 134 1.8",
  "-62 -4 162 4, -76 -30 172 3.2, -90 -48 176 2",
  "-36 -8 158 5, -16 -30 168 4, 10 -48 172 3, 34 -58 172 2",
].map(course);

/** The round ligament's fat in the left lobe. */
export const LIGAMENT = course("14 -78 150 3, 12 -50 160 3.5, 8 -26 168 3");

/** Portal and splenic vein outside of the liver. */
export const PORTAL_SYSTEM = [
  "-6 -12 98 5, -8 -10 128 6, -26 -6 150 7",
  "-8 -10 132 5, 30 4 146 4.5, 70 16 160 4, 88 22 166 3",
].map(course);

/** From the duodenum's bend to the spleen. */
export const PANCREAS = course(
  "-30 -18 112 13, -20 -24 126 12, 6 -26 140 9, 34 -12 150 9.5, 62 6 158 8.5, 80 14 164 6",
);

export const ADRENALS = [
  "-34 30 176 2.5, -40 26 186 2.5, -36 18 190 2",
  "34 30 176 2.5, 40 26 186 2.5, 36 18 190 2",
].map(course);

/** Veins from the kidneys and ureters, right and left. */
export const RENAL_VEINS = ["-48 32 118 4.5, -30 18 122 4.5, -16 14 126 5", "48 32 132 4.5, 30 18 136 4.5"].map(course);
export const URETERS = ["-44 34 110 3, -40 28 62 2, -42 22 -6 2", "44 34 124 3, 40 28 76 2, 42 22 -6 2"].map(course);

/** Ascending, transverse and descending colon. */
export const COLON = [
  "-94 0 8 24, -100 8 50 22, -98 4 84 21, -92 -28 96 19",
  "-92 -28 96 19, -56 -62 80 18, 0 -66 72 17, 56 -62 88 17, 96 -30 130 17",
  "96 -30 130 17, 112 14 122 15, 110 22 80 14, 108 20 40 14, 96 12 2 15",
].map(course);
