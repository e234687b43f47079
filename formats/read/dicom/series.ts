/** DICOM files to one volume: choose the series, place the frames, decode them into one array. */
import type { Vec3, Volume, VoxelArray } from "../../../core/image/volume.ts";
import { unsupported } from "../../bytes/fail.ts";
import { checkGrid, type Limits } from "../../bytes/limits.ts";
import type { WasmSource } from "../../codecs/wasm.ts";
import { frameAttributes, projectionSpacing, windowsOfFrame } from "./attributes.ts";
import { type DicomFile, openDicom } from "./file.ts";
import { hasPixels, readImageHeader } from "./header.ts";
import { normalOf, sameOrientation, stackFrames } from "./stack.ts";
import { decimalsOf, lenientDecimalsOf, textOf } from "./values.ts";
import { commonRescale, type Frame, readVoxels, type Source, windowWithoutPadding } from "./voxels.ts";

const IDENTITY_RESCALE = { slope: 1, intercept: 0 };

/**
 * Reads DICOM files as one volume: the series (and orientation) with most frames, sorted along the normal, with warnings
 * for what was left out or assumed. Throws UnsupportedFormat, MalformedFile or TooLarge.
 */
export async function readDicomSeries(
  files: readonly Uint8Array[],
  { limits, wasm }: { limits: Limits; wasm?: WasmSource | undefined },
): Promise<Volume> {
  const opened = files.map((bytes) => openDicom(bytes, limits));
  const { sources, warnings: choice } = chooseSeries(opened, limits);
  const first = sources[0];
  if (!first) throw unsupported("a DICOM object without pixels");
  const placed = sources.map((source) => placeFrames(source));
  const { frames: parallel, left } = sameOrientation(placed.flatMap(({ frames }) => frames));
  const stack = stackFrames(parallel);
  const { columns, rows } = first.header;
  const channels = first.header.samples === 3 || first.header.photometric === "PALETTE COLOR" ? 3 : 1;
  const rescale = channels === 3 ? IDENTITY_RESCALE : commonRescale(stack.frames);
  const bytesPerPixel = channels === 3 ? 3 : rescale ? first.header.bitsAllocated / 8 : 4;
  checkGrid("DICOM series", { columns, rows, frames: stack.frames.length, bytesPerPixel }, limits);
  const data = await readVoxels(stack.frames, { rescale, wasm });
  return {
    size: [columns, rows, stack.frames.length],
    channels,
    data,
    rescale: rescale ?? IDENTITY_RESCALE,
    ijkToLps: stack.ijkToLps,
    unit: stack.unit,
    modality: modalityOf(first.file),
    inverted: first.header.photometric === "MONOCHROME1",
    windows: channels === 1 ? proposedWindows(stack.frames, data, rescale) : [],
    warnings: [...choice, ...leftNote(left), ...new Set(placed.flatMap(({ warnings }) => warnings)), ...stack.warnings],
  };
}

/** The windows of the middle frame, or one that leaves the padding out. */
function proposedWindows(frames: readonly Frame[], data: VoxelArray, rescale: Volume["rescale"] | undefined) {
  const middle = frames[frames.length >> 1];
  if (!middle) return [];
  const proposed = windowsOfFrame(middle.source.file.dataSet, middle.frame);
  if (proposed.length > 0) return proposed;
  const padded = windowWithoutPadding(data, middle.source, rescale);
  return padded ? [padded] : [];
}

const leftNote = (left: number) => (left > 0 ? [`${left} frames of another orientation are left out.`] : []);

function modalityOf({ dataSet }: DicomFile): string {
  const text = textOf(dataSet, 0x00080060);
  return text && /^[A-Z]{2,16}$/.test(text) ? text : "OT";
}

function chooseSeries(files: readonly DicomFile[], limits: Limits): { sources: Source[]; warnings: string[] } {
  const images = files.filter(({ dataSet }) => hasPixels(dataSet));
  const groups = new Map<string, Source[]>();
  for (const file of images) {
    const source = sourceOf(file, limits);
    groups.set(source.key, [...(groups.get(source.key) ?? []), source]);
  }
  const framesIn = (group: readonly Source[]) => group.reduce((sum, { header }) => sum + header.frames, 0);
  const biggest = [...groups.values()].reduce((best, group) => (framesIn(group) > framesIn(best) ? group : best), []);
  const warnings: string[] = [];
  if (images.length < files.length)
    warnings.push(`${files.length - images.length} DICOM objects without pixels are left out.`);
  if (groups.size > 1)
    warnings.push(`The files hold ${groups.size} series: the one with most slices (${framesIn(biggest)}) is read.`);
  return { sources: biggest.toSorted((a, b) => a.instance - b.instance), warnings };
}

function sourceOf(file: DicomFile, limits: Limits): Source {
  const header = readImageHeader(file.dataSet, limits);
  const { columns, rows, samples, sample, photometric } = header;
  const series = textOf(file.dataSet, 0x0020000e) ?? "";
  const key = [series, columns, rows, samples, sample, photometric].join(" ");
  return { file, header, key, instance: lenientDecimalsOf(file.dataSet, 0x00200013)?.[0] ?? 0 };
}

function placeFrames(source: Source): { frames: Frame[]; warnings: string[] } {
  const { dataSet } = source.file;
  const count = source.header.frames;
  const frames = Array.from({ length: count }, (_, frame) => ({ ...frameAttributes(dataSet, frame), source, frame }));
  const [first] = frames;
  if (!first) return { frames, warnings: [] };
  const projection = first.pixelSpacing ? undefined : projectionSpacing(dataSet);
  if (count === 1)
    return projection
      ? { frames: [{ ...first, pixelSpacing: projection.spacing }], warnings: [projection.warning] }
      : { frames, warnings: [] };
  return { frames: dataSet.elements.has(0x52009230) ? frames : spreadFrames(frames, first), warnings: [] };
}

/** Classic multi-frame objects give one position and how far apart the frames are, or nothing. */
function spreadFrames(frames: readonly Frame[], first: Frame): Frame[] {
  const { dataSet } = first.source.file;
  const { orientation, position } = first;
  const offsets = decimalsOf(dataSet, 0x3004000c);
  const distance = lenientDecimalsOf(dataSet, 0x00180088)?.[0];
  return frames.map((frame, k) => {
    const { position: _, ...rest } = frame;
    const along = offsets?.length === frames.length ? (offsets[k] ?? 0) - (offsets[0] ?? 0) : distance && distance * k;
    if (!orientation || !position || along === undefined) return rest;
    const [x, y, z] = normalOf(orientation);
    const moved: Vec3 = [position[0] + along * x, position[1] + along * y, position[2] + along * z];
    return { ...rest, position: moved };
  });
}
