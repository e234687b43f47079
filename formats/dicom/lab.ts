/** `#rrggbb` as DICOM wants a recommended colour: CIELab of the profile connection space, D50 (PS3.3 C.10.7.1.1). */

import { rgbOf } from "../../core/annotation/segmentation.ts";
import { hexColour } from "../../core/colour.ts";

/** Linear sRGB → XYZ at D50 (ICC sRGB, Bradford-adapted). */
const TO_XYZ = [
  0.4360747, 0.3850649, 0.1430804, 0.2225045, 0.7168786, 0.0606169, 0.0139322, 0.0971045, 0.7141733,
] as const;
const D50 = [0.9642, 1, 0.8249] as const;

/** L 0 to 100 and a, b −128 to 127, each spread over 0 to 65535. */
export function labOf(colour: string): readonly [number, number, number] {
  const [r, g, b] = rgbOf(colour).map(linear);
  const [fx = 0, fy = 0, fz = 0] = [0, 1, 2].map((row) => {
    const [x, y, z] = TO_XYZ.slice(3 * row, 3 * row + 3);
    return curve(((x ?? 0) * (r ?? 0) + (y ?? 0) * (g ?? 0) + (z ?? 0) * (b ?? 0)) / (D50[row] ?? 1));
  });
  const spread = (value: number, from: number, range: number) =>
    Math.min(65_535, Math.max(0, Math.round(((value - from) / range) * 65_535)));
  return [spread(116 * fy - 16, 0, 100), spread(500 * (fx - fy), -128, 255), spread(200 * (fy - fz), -128, 255)];
}

const linear = (value: number) => {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
};

const curve = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);

/** The colour that a reader shows for a recommended value: the way back. */
export function colourOfLab([l, a, b]: readonly [number, number, number]): string {
  const fy = ((l / 65_535) * 100 + 16) / 116;
  const fx = fy + ((a / 65_535) * 255 - 128) / 500;
  const fz = fy - ((b / 65_535) * 255 - 128) / 200;
  const back = (t: number) => (t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29));
  const [x, y, z] = [back(fx) * D50[0], back(fy) * D50[1], back(fz) * D50[2]];
  const rgb = FROM_XYZ.map(([p, q, s]) => p * x + q * y + s * z);
  const byte = (v: number) =>
    255 * Math.min(1, Math.max(0, v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  return hexColour(rgb.map(byte));
}

const FROM_XYZ = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;
