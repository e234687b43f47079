/** The voxels of a stack: frames decoded one after the other into one array. */
import type { SegmenterError } from "../../../../core/errors.ts";
import type { NamedWindow, Volume, VoxelArray } from "../../../../core/image/volume.ts";
import { autoWindow } from "../../../../core/image/window.ts";
import { asReadError } from "../../../bytes/fail.ts";
import type { Decode } from "../../../codecs/wasm.ts";
import { applyPalette, readPalette } from "../colour.ts";
import { type FrameReader, frameReader } from "../decode.ts";
import { applyModalityLut, readModalityLut, signedShort } from "../modality-lut.ts";
import { storedArray } from "../samples.ts";
import { shortOf } from "../values.ts";
import type { Frame, Source } from "./frame.ts";

type Rescale = Volume["rescale"];

/** The rescale that all frames share; undefined when they differ and each value must be rescaled on its own. */
export function commonRescale(frames: readonly Frame[]): Rescale | undefined {
  const [first] = frames;
  if (!first) return undefined;
  const { slope, intercept } = first;
  const same = frames.every((frame) => frame.slope === slope && frame.intercept === intercept);
  return same ? { slope, intercept } : undefined;
}

export interface Voxels {
  readonly data: VoxelArray;
  /** The frames that could be decoded, in their order. */
  readonly kept: readonly Frame[];
  readonly broken: readonly { readonly index: number; readonly error: SegmenterError }[];
}

/**
 * Stored values of the frames in order; modality values as float32 when the frames have no common rescale. A frame that
 * cannot be decoded is left out where other files remain, else its error is thrown.
 */
export async function readVoxels(
  frames: readonly Frame[],
  { rescale, decode, atOnce }: { rescale: Rescale | undefined; decode: Decode; atOnce: number },
): Promise<Voxels> {
  const sources = [...new Set(frames.map(({ source }) => source))];
  const kept: Frame[] = [];
  const broken: { index: number; error: SegmenterError }[] = [];
  let volume: VoxelArray | undefined;
  for await (const { frame, values, thrown } of decodedInOrder(frames, decode, atOnce)) {
    try {
      if (!values) throw thrown;
      // Allocated only now: what a frame really decodes to has been seen.
      volume ??= rescale ? arrayFor(values, sources, frames.length) : new Float32Array(values.length * frames.length);
      volume.set(rescale ? values : rescaled(values, frame), kept.length * values.length);
      kept.push(frame);
    } catch (thrown) {
      const error = asReadError(thrown, "DICOM", "(7FE0,0010)");
      broken.push({ index: frame.source.index, error });
      if (sources.length === 1) throw error;
    }
  }
  const [failure] = broken;
  if (!volume && failure) throw failure.error;
  const whole = volume ?? new Uint8Array();
  const data = broken.length > 0 ? whole.slice(0, (whole.length / frames.length) * kept.length) : whole;
  return { data, kept, broken };
}

interface Decoding {
  readonly frame: Frame;
  /** Undefined when it failed. */
  readonly values?: VoxelArray;
  readonly thrown?: unknown;
}

/** Frames in their order, while so many are being decoded. */
async function* decodedInOrder(frames: readonly Frame[], decode: Decode, atOnce: number): AsyncGenerator<Decoding> {
  const readers = new Map<Source, FrameReader>();
  const readFrame = async ({ source, frame }: Frame) => {
    const read = readers.get(source) ?? valueReader(source, decode);
    readers.set(source, read);
    return read(frame);
  };
  const ahead: Promise<Decoding>[] = [];
  for (const frame of frames) {
    ahead.push(
      readFrame(frame).then(
        (values) => ({ frame, values }),
        (thrown: unknown) => ({ frame, thrown }),
      ),
    );
    const first = ahead.length >= atOnce ? ahead.shift() : undefined;
    if (first) yield await first;
  }
  for (const rest of ahead) yield await rest;
}

/** An array of the type of `like`, or float32 when the files store different types. */
function arrayFor(like: VoxelArray, sources: readonly Source[], frames: number): VoxelArray {
  const kinds = new Set(sources.map(({ header }) => storedArray(header, 0).constructor));
  const length = like.length * frames;
  if (kinds.size > 1) return like instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  const Type = like.constructor as new (length: number) => VoxelArray; // the constructor property is untyped
  return new Type(length);
}

const rescaled = (values: VoxelArray, { slope, intercept }: Rescale): Float32Array =>
  Float32Array.from(values, (value) => value * slope + intercept);

/** Frames after the palette or the modality LUT, where the file has one. */
export function valueReader({ file, header }: Pick<Source, "file" | "header">, decode: Decode): FrameReader {
  const read = frameReader(file, header, decode);
  if (header.photometric === "PALETTE COLOR") {
    const palette = readPalette(file.dataSet, header.signed);
    return async (frame) => applyPalette(await read(frame), palette);
  }
  const lut = header.samples === 1 ? readModalityLut(file.dataSet, header.signed) : undefined;
  return lut ? async (frame) => applyModalityLut(await read(frame), lut) : read;
}

/** A window over the values that are not padding (PS3.3 C.7.5.1.1.2); undefined when the file has no padding value. */
export function windowWithoutPadding(
  values: VoxelArray,
  { file, header }: Pick<Source, "file" | "header">,
  rescale: Rescale | undefined,
): NamedWindow | undefined {
  const padding = shortOf(file.dataSet, 0x00280120);
  if (padding === undefined || header.sample !== "integer" || !rescale) return undefined;
  const one = signedShort(padding, header.signed);
  const other = signedShort(shortOf(file.dataSet, 0x00280121) ?? padding, header.signed);
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  const kept = values.filter((value) => value < low || value > high);
  return kept.length > 0 ? { name: "Without padding", ...autoWindow(kept, rescale) } : undefined;
}
