/** An archive of segments, as exports of several files are: a labelmap with its legend, masks one by one, slices as PNG. */
import { isSegmenterError, SegmenterError } from "../../../core/errors.ts";
import { encodeLabelRles } from "../../../core/mask/label-rle.ts";
import type { Rle } from "../../../core/wire/common.ts";
import type { ImportedSegment, ImportResult } from "../../../core/wire/import.ts";
import { unsupported } from "../../bytes/fail.ts";
import type { Limits } from "../../bytes/limits.ts";
import type { ZipEntry } from "../../bytes/zip.ts";
import { readPng } from "../picture/png.ts";
import { type Place, placeIn, sizeAt } from "./instances.ts";
import { wholeNumbers } from "./labelmap.ts";
import type { Target } from "./layer.ts";
import { type Legend, legendOf } from "./legend.ts";

/** How one file of the archive is read. `number` is the segment that a file of a single mask stands for. */
export type ReadEntry = (bytes: Uint8Array, legend: Legend, number: number | undefined) => Promise<ImportResult>;

interface Part {
  readonly place?: Place;
  readonly number?: number;
}

/** What a file's name says of it, as exports write them: `x_axial-009.png`, `x_axial-009_02-liver.png`, `x_02-liver_mask.nii.gz`. */
function partOf(name: string): Part {
  const [, before, number] =
    /^(.*)_(\d{2,5})-[^/]*\.png$/is.exec(name) ?? /^(.*)_(\d{2,5})-[^/]*_mask\.nii(?:\.gz)?$/is.exec(name) ?? [];
  const own = number === undefined ? {} : { number: Number(number) };
  const place = /\.png$/i.test(name) ? (placeIn(before ?? "") ?? placeIn(name.slice(0, -4))) : undefined;
  if (!place) return own;
  return placeIn(before ?? "") ? { ...own, place } : { place };
}

/** Throws what `read` does; UnsupportedFormat when no file of the archive holds segments. */
export async function archiveSegments(
  entries: readonly ZipEntry[],
  target: Target,
  { limits, read }: { limits: Limits; read: ReadEntry },
): Promise<ImportResult> {
  const warnings = new Set<string>();
  const slices = createSlices(target, limits);
  const whole: ImportedSegment[] = [];
  let files = 0;
  for (const { name, bytes } of entries) {
    const { place, number } = partOf(name);
    const legend = legendOf(name, entries);
    if (place) slices.add(bytes, place, legend, number);
    const result = place ? undefined : await read(bytes, legend, number).catch(unlessForeign);
    whole.push(...(result?.segments ?? []));
    for (const warning of result?.warnings ?? []) warnings.add(warning);
    if (place || result) files++;
  }
  if (files === 0) throw unsupported("a ZIP archive without a file of segments", "a ZIP archive as exports write it");
  return { segments: [...slices.segments(), ...whole], warnings: [...warnings] };
}

/** Tables, texts and images beside the segments. */
function unlessForeign(thrown: unknown): undefined {
  if (!isSegmenterError(thrown, "UnsupportedFormat")) throw thrown;
}

/** Pictures of single slices, by the numbers of their segments. */
function createSlices(target: Target, limits: Limits) {
  const found = new Map<number, ImportedSegment>();
  const order: number[] = [];
  return {
    add(bytes: Uint8Array, place: Place, { labels }: Legend, number: number | undefined) {
      if (order.length === 0) order.push(...labels.keys());
      for (const [value, rle] of rlesOf(bytes, place, { target, limits, number })) {
        const { name, colour, code } = labels.get(value) ?? { name: `Label ${value}` };
        const masks = [...(found.get(value)?.masks ?? []), { ...place, rle }];
        found.set(value, { name, ...(colour && { colour }), ...(code && { code: { ...code } }), masks });
      }
    },
    segments: () => {
      const numbers = [...found.keys()].toSorted((a, b) => a - b);
      const listed = new Set([...order, ...numbers]);
      return [...listed].flatMap((number) => found.get(number) ?? []);
    },
  };
}

interface Slice {
  readonly target: Target;
  readonly limits: Limits;
  /** The segment whose mask it is; without it every pixel is a number. */
  readonly number: number | undefined;
}

function rlesOf(bytes: Uint8Array, place: Place, { target, limits, number }: Slice): ReadonlyMap<number, Rle> {
  const picture = readPng(bytes, limits, { numbers: true });
  const { width, height } = sizeAt(target, place);
  if (picture.size[0] !== width || picture.size[1] !== height)
    throw new SegmenterError("DoesNotFit", { reason: `its slices have another size than ${width} × ${height}` });
  if (picture.channels !== 1) throw unsupported("a colour image in place of a labelmap", "one whole number a pixel");
  const labels = wholeNumbers(picture.data, "PNG");
  const shown = number === undefined ? labels : Uint16Array.from(labels, (value) => (value ? number : 0));
  return encodeLabelRles(shown, width, height);
}
