/** TIFF 6.0 and BigTIFF: one picture, or pictures of one size as the slices of a stack; grey, RGB and palette. */
import { isSegmenterError } from "../../../core/errors.ts";
import type { Volume, VoxelArray } from "../../../core/image/volume.ts";
import { fromFloat16 } from "../../../core/tensor/float16.ts";
import { malformed } from "../../bytes/fail.ts";
import { check, checkGrid, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import type { WasmSource } from "../../codecs/wasm.ts";
import { asOrientation, oriented, TURNED_WARNING } from "./orientation.ts";
import { ALPHA_WARNING, eightBitColour, pictureVolume } from "./picture.ts";
import { type Directory, readDirectories } from "./tiff-directory.ts";
import { type Layout, readLayout, sameLayout } from "./tiff-layout.ts";
import { readSamples } from "./tiff-pixels.ts";

interface Page {
  readonly directory: Directory;
  readonly layout: Layout;
}

/** Reads the pictures of the size of the first. Throws UnsupportedFormat, MalformedFile naming the tag, or TooLarge. */
export async function readTiff(bytes: Uint8Array, limits: Limits, wasm?: WasmSource): Promise<Volume> {
  const directories = readDirectories(bytes, limits.frames);
  const { pages, warnings } = choosePages(directories, limits);
  const [first] = pages;
  if (!first) throw malformed("TIFF", "IFD", "There is no picture.");
  checkPages(pages, bytes, limits);
  const slices: { data: VoxelArray; width: number; height: number }[] = [];
  const notes = new Set(warnings);
  for (const { directory, layout } of pages) {
    const stored = await readSamples({ bytes, layout, directory, wasm });
    const isHalf = directory.value(339, 1) === 3 && stored instanceof Uint16Array;
    const values = isHalf ? fromFloat16(stored) : stored;
    const { width, height } = layout;
    const plain = {
      width,
      height,
      channels: channelsOf(layout),
      data: plainSamples(values, { directory, layout }, notes),
    };
    const orientation = asOrientation(directory.value(274, 1));
    if (orientation !== 1) notes.add(TURNED_WARNING);
    slices.push(oriented(plain, orientation));
  }
  return stackOf(slices, first.layout, notes);
}

/** The first picture that is not too large, and all of its layout; small copies and masks are no slices. */
function choosePages(directories: readonly Directory[], limits: Limits): { pages: Page[]; warnings: string[] } {
  const full = directories.filter(({ value }) => (value(254, 0) & 5) === 0);
  const candidates = full.length > 0 ? full : directories;
  const first = firstFitting(candidates, directories, limits);
  const pages: Page[] = [];
  for (const directory of candidates.slice(Math.max(0, candidates.indexOf(first.directory)))) {
    const layout = directory === first.directory ? first.layout : layoutOf(directory, limits);
    if (layout && sameLayout(layout, first.layout)) pages.push({ directory, layout });
  }
  const left = directories.length - pages.length;
  const warnings =
    left > 0 ? [`The file holds ${directories.length} pictures: ${left} of another size or kind are left out.`] : [];
  return { pages, warnings };
}

/** Of a pyramid whose first level is too large a smaller one will do. */
function firstFitting(pictures: readonly Directory[], levels: readonly Directory[], limits: Limits): Page {
  let failure: unknown;
  for (const directory of [...pictures, ...levels]) {
    try {
      return { directory, layout: readLayout(directory, limits) };
    } catch (thrown) {
      failure ??= thrown;
      if (!isSegmenterError(thrown, "TooLarge")) break;
    }
  }
  throw failure;
}

function layoutOf(directory: Directory, limits: Limits): Layout | undefined {
  try {
    return readLayout(directory, limits);
  } catch {
    return undefined; // counted among those left out
  }
}

function checkPages(pages: readonly Page[], bytes: Uint8Array, limits: Limits): void {
  const [first] = pages;
  if (!first) return;
  const { width, height, samples, bits, compression } = first.layout;
  const bytesPerPixel = samples * Math.ceil(bits / 8);
  checkGrid("TIFF", { columns: width, rows: height, frames: pages.length, bytesPerPixel }, limits);
  const decoded = width * height * pages.length * bytesPerPixel;
  if (compression !== 1) check("TIFF: decoded bytes", decoded, inflatedLimit(bytes.length, limits));
}

const channelsOf = ({ photometric }: Layout): 1 | 3 => (photometric >= 2 ? 3 : 1);

/** Grey in its own type or RGB, without further samples. */
function plainSamples(values: VoxelArray, { directory, layout }: Page, notes: Set<string>): VoxelArray {
  const { samples, photometric, alpha, bits } = layout;
  if (photometric === 3) return applyColourMap(values, directory.values(320), layout);
  const colours = channelsOf(layout);
  if (samples > colours && !(alpha && isOpaque(values, samples, colours)))
    notes.add(
      alpha ? ALPHA_WARNING : `A pixel has ${samples} channels: ${colours === 3 ? "three are" : "the first is"} read.`,
    );
  const kept = samples === colours ? values : firstSamples(values, samples, colours);
  if (colours === 3) return kept;
  return bits < 8 ? kept.map((value) => (value * 255) / (2 ** bits - 1)) : kept;
}

function isOpaque(values: VoxelArray, samples: number, at: number): boolean {
  const full = 2 ** (8 * values.BYTES_PER_ELEMENT) - 1;
  for (let i = at; i < values.length; i += samples) if (values[i] !== full) return false;
  return true;
}

function firstSamples(values: VoxelArray, samples: number, kept: number): VoxelArray {
  const out = values.slice(0, (values.length / samples) * kept);
  for (let from = 0, to = 0; from < values.length; from += samples)
    for (let c = 0; c < kept; c++) out[to++] = values[from + c] ?? 0;
  return out;
}

/** Slices one after the other; colour becomes 8-bit for all of them alike. */
function stackOf(
  slices: readonly { data: VoxelArray; width: number; height: number }[],
  layout: Layout,
  notes: Set<string>,
): Volume {
  const [first] = slices;
  if (!first) throw malformed("TIFF", "IFD", "There is no picture.");
  const { width, height } = first;
  const even = slices.filter((slice) => slice.width === width && slice.height === height);
  const all = even.length === 1 ? first.data : joined(even.map(({ data }) => data));
  const channels = channelsOf(layout);
  const { data, warning } = channels === 3 ? eightBitColour(all) : { data: all, warning: undefined };
  if (warning) notes.add(warning);
  if (even.length < slices.length)
    notes.add(`${slices.length - even.length} pictures turned another way are left out.`);
  const volume = pictureVolume({ width, height, channels, data }, [...notes]);
  return { ...volume, size: [width, height, even.length], inverted: layout.photometric === 0 };
}

function joined(parts: readonly VoxelArray[]): VoxelArray {
  const length = parts[0]?.length ?? 0;
  const Type = parts[0]?.constructor as new (length: number) => VoxelArray; // the constructor property is untyped
  const all = new Type(length * parts.length);
  for (const [n, part] of parts.entries()) all.set(part, n * length);
  return all;
}

/** The colour map holds all reds, then all greens, then all blues, 16 bits each; some writers use 8 of them. */
function applyColourMap(indices: VoxelArray, map: readonly number[], { samples, bits }: Layout): Uint8Array {
  const colours = 2 ** bits;
  if (map.length !== 3 * colours || bits > 8 || samples !== 1)
    throw malformed(
      "TIFF",
      "tag 320",
      "A palette picture has one sample of up to 8 bits and three colours for each value.",
    );
  const shift = map.every((value) => value < 256) ? 0 : 8;
  const out = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++)
    for (let c = 0; c < 3; c++) out[3 * i + c] = (map[colours * c + (indices[i] ?? 0)] ?? 0) >> shift;
  return out;
}
