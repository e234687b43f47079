/** One DICOM image of a catalogue as a volume: its frames decoded into one array. */
import type { NamedWindow, Volume, VoxelArray, Window } from "../../../../core/image/volume.ts";
import { unsupported } from "../../../bytes/fail.ts";
import { check, checkGrid, inflatedLimit, type Limits } from "../../../bytes/limits.ts";
import { type Decode, type DecodePool, decodersFrom, type WasmSource } from "../../../codecs/wasm.ts";
import { catalogueDicom, type DicomImage } from "./catalogue.ts";
import type { Frame } from "./frame.ts";
import { leftOut } from "./left-out.ts";
import { sourceOf } from "./source.ts";
import { stackFrames } from "./stack.ts";
import { commonRescale, readVoxels, windowWithoutPadding } from "./voxels.ts";
import { pairsOfFrame, windowsOfFrame } from "./windows.ts";

const IDENTITY_RESCALE = { slope: 1, intercept: 0 };

export interface DecodeOptions {
  readonly limits: Limits;
  readonly wasm?: WasmSource | undefined;
  readonly codecs?: DecodePool | undefined;
}

/** Fewer frames are decoded sooner than other threads have loaded their codec. */
const WORTH_THREADS = 8;

/**
 * Reads DICOM files as one volume: the image that a catalogue puts first, with warnings for what was left out or assumed.
 * Throws UnsupportedFormat, MalformedFile or TooLarge.
 */
export async function readDicomSeries(files: readonly Uint8Array[], options: DecodeOptions): Promise<Volume> {
  const catalogue = catalogueDicom(
    files.map((bytes, index) => ({ bytes, index })),
    options.limits,
  );
  const [best] = catalogue.images;
  if (!best) throw catalogue.broken[0]?.error ?? unsupported("a DICOM object without pixels");
  const volume = await readDicomImage(best, options);
  return { ...volume, warnings: [...leftOut(catalogue, best), ...volume.warnings] };
}

/** Decodes one image. A file of it that cannot be decoded is left out, with a warning. */
export async function readDicomImage(image: DicomImage, options: DecodeOptions): Promise<Volume> {
  const { limits } = options;
  const { header, object, stack } = image;
  const { columns, rows } = header;
  const channels = header.samples === 3 || header.photometric === "PALETTE COLOR" ? 3 : 1;
  const rescale = channels === 3 ? IDENTITY_RESCALE : commonRescale(stack.frames);
  const bytesPerPixel = channels === 3 ? 3 : rescale ? header.bitsAllocated / 8 : 4;
  checkGrid("DICOM series", { columns, rows, frames: stack.frames.length, bytesPerPixel }, limits);
  checkExpansion(stack.frames, columns * rows * stack.frames.length * bytesPerPixel, limits);
  const { data, kept, broken } = await readVoxels(stack.frames, { rescale, ...decoderFor(stack.frames, options) });
  const { ijkToLps, unit, slicePositions, warnings } = broken.length > 0 ? stackFrames(kept) : stack;
  const proposed = channels === 1 ? proposedWindows(kept, data, rescale) : { windows: [], warnings: [] };
  const source = sourceOf(kept);
  return {
    size: [columns, rows, kept.length],
    channels,
    data,
    rescale: rescale ?? IDENTITY_RESCALE,
    ...{ ijkToLps, unit, ...(slicePositions && { slicePositions }) },
    modality: object.modality,
    inverted: header.photometric === "MONOCHROME1",
    windows: proposed.windows,
    ...(proposed.sliceWindows && { sliceWindows: proposed.sliceWindows }),
    warnings: [
      ...leftOut({ images: [], broken, withoutPixels: [] }),
      ...image.warnings,
      ...warnings,
      ...proposed.warnings,
    ],
    ...(source && { source }),
  };
}

function decoderFor(frames: readonly Frame[], { wasm, codecs }: DecodeOptions): { decode: Decode; atOnce: number } {
  if (codecs && frames.length >= WORTH_THREADS) return codecs;
  return { decode: decodersFrom(wasm), atOnce: 1 };
}

/** All compressed files of the image together obey the ratio that each of them obeys. */
function checkExpansion(frames: readonly Frame[], decodedBytes: number, limits: Limits): void {
  const sources = [...new Set(frames.map(({ source }) => source))];
  if (!sources.some(({ header }) => header.pixels.fragments)) return;
  const encoded = sources.reduce((sum, { file }) => sum + file.dataSet.bytes.length, 0);
  check("DICOM series: decoded bytes", decodedBytes, inflatedLimit(encoded, limits));
}

interface Proposed {
  readonly windows: readonly NamedWindow[];
  readonly sliceWindows?: readonly Window[];
  readonly warnings: readonly string[];
}

/** The windows of the middle frame and, where they differ, the first one of each frame; or one that leaves the padding out. */
function proposedWindows(frames: readonly Frame[], data: VoxelArray, rescale: Volume["rescale"] | undefined): Proposed {
  const middle = frames[frames.length >> 1];
  if (!middle) return { windows: [], warnings: [] };
  const windows = windowsOfFrame(middle.source.file.dataSet, middle.frame);
  if (windows[0]) return { windows, ...ownWindows(frames, windows[0]) };
  const padded = windowWithoutPadding(data, middle.source, rescale);
  return { windows: padded ? [padded] : [], warnings: [] };
}

const OWN_WINDOWS = "The file proposes another window for each slice: each is shown by its own.";
const CURVES_DIFFER = "The file proposes another curve for each slice: that of the middle slice is offered for all.";

/** The first window of each frame, where one differs from the usual one by more than a tenth of its width. */
function ownWindows(frames: readonly Frame[], usual: NamedWindow): Omit<Proposed, "windows"> {
  const own = frames.map((frame) => pairsOfFrame(frame.source.file.dataSet, frame.frame)[0] ?? usual);
  const differs = ({ center, width }: Window) =>
    Math.abs(center - usual.center) + Math.abs(width - usual.width) > usual.width / 10;
  if (!own.some(differs)) return { warnings: [] };
  if (own.some(({ curve }) => curve)) return { warnings: [CURVES_DIFFER] };
  return { sliceWindows: own.map(({ center, width }) => ({ center, width })), warnings: [OWN_WINDOWS] };
}
