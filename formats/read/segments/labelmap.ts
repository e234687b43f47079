/** A volume of numbers (NIfTI, NRRD, MetaImage, an indexed picture) as segments: each number is one. */
import { axisOf, transformPoint } from "../../../core/image/geometry.ts";
import type { Vec3, Volume, VoxelArray } from "../../../core/image/volume.ts";
import { malformed, tooLarge, unsupported } from "../../bytes/fail.ts";
import type { LabelFile, LabelLayer, LabelPlane, NamedSegment } from "./layer.ts";

/** A picture of grey values has more numbers than any labelmap. */
const MOST_NUMBERS = 4096;

/** Every number but 0 becomes a segment of that name. Throws UnsupportedFormat for colour, MalformedFile for fractions. */
export function labelmapFile(volume: Volume, format: string): LabelFile {
  if (volume.channels !== 1) throw unsupported("a colour image in place of a labelmap", "one whole number a voxel");
  const labels = wholeNumbers(volume.data, format);
  const layer = layerOf(volume, labels);
  const segments = numbersIn(labels).map((number): NamedSegment => ({ name: `Label ${number}`, layer: 0, number }));
  return { unit: volume.unit, layers: [layer], segments, warnings: [] };
}

/** A file of several volumes, each of them a layer. */
export function stackedFile(volumes: readonly Volume[], format: string): LabelFile {
  const files = volumes.map((volume) => labelmapFile(volume, format));
  const segments = files.flatMap((file, layer) =>
    file.segments.map((segment) => ({
      ...segment,
      layer,
      name: file.segments.length === 1 ? `Label ${layer + 1}` : `Label ${layer + 1}.${segment.number}`,
    })),
  );
  return { unit: "mm", layers: files.flatMap(({ layers }) => layers), segments, warnings: [] };
}

/** The planes of a volume whose numbers are given; memory is shared. */
export function layerOf(volume: Omit<Volume, "data">, labels: Uint8Array | Uint16Array): LabelLayer {
  const [columns, rows, slices] = volume.size;
  const { ijkToLps, slicePositions } = volume;
  const planes = Array.from({ length: slices }, (_, k): LabelPlane => {
    const position = slicePositions?.[k] ?? transformPoint(ijkToLps, [0, 0, k]);
    return { position, labels: labels.subarray(k * columns * rows, (k + 1) * columns * rows) };
  });
  const [stepX, stepY] = [axisOf(ijkToLps, 0), axisOf(ijkToLps, 1)];
  const thickness = slicePositions ? undefined : across(stepX, stepY, axisOf(ijkToLps, 2));
  return { columns, rows, stepX, stepY, planes, ...(thickness && { thickness }) };
}

/** Distance of planes along their normal. */
function across([ax, ay, az]: Vec3, [bx, by, bz]: Vec3, [x, y, z]: Vec3): number {
  const n: Vec3 = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
  return Math.abs(n[0] * x + n[1] * y + n[2] * z) / Math.hypot(...n);
}

/** The numbers as unsigned integers, without a copy where they are. */
export function wholeNumbers(data: VoxelArray, format: string): Uint8Array | Uint16Array {
  if (data instanceof Uint8Array || data instanceof Uint16Array) return data;
  const out = new Uint16Array(data.length);
  for (let n = 0; n < data.length; n++) {
    const value = data[n] ?? 0;
    if (!(Number.isInteger(value) && value >= 0 && value <= 65_535))
      throw malformed(format, "labels", "A labelmap holds whole numbers from 0 to 65535.");
    out[n] = value;
  }
  return out;
}

/** The numbers but 0, in their order. */
export function numbersIn(labels: Uint8Array | Uint16Array): number[] {
  const seen = new Uint8Array(65_536);
  for (const value of labels) seen[value] = 1;
  const numbers = [...seen.keys()].filter((number) => number > 0 && seen[number]);
  if (numbers.length > MOST_NUMBERS) throw tooLarge("numbers of the labelmap", numbers.length, MOST_NUMBERS);
  return numbers;
}
