/// <reference path="../../codecs/packages.d.ts" />
/** Frames of one DICOM file as stored values, whatever the transfer syntax (PS3.5 annex A). */
import { Decoder as LosslessDecoder } from "jpeg-lossless-decoder-js";
import type { VoxelArray } from "../../../core/image/volume.ts";
import { swapBytes } from "../../bytes/bytes.ts";
import { guarded, malformed, unsupported } from "../../bytes/fail.ts";
import { inflatePrefix } from "../../bytes/inflate.ts";
import { saysColour, withAdobeRgb } from "../../codecs/jpeg-colour.ts";
import {
  type CodestreamHeader,
  checkComplete,
  hasComponentTransform,
  readJpeg2000Header,
  readJpegHeader,
} from "../../codecs/jpeg-header.ts";
import { decodeJpeg12 } from "../../codecs/jpeg12/decode.ts";
import type { CodecName, Decode } from "../../codecs/wasm.ts";
import { expand422, interleave, toBytes, ybrToRgb } from "./colour.ts";
import type { DicomFile } from "./file.ts";
import { encapsulatedFrames, nativePixels } from "./frames.ts";
import type { ImageHeader } from "./header.ts";
import { decodeRleFrame } from "./rle.ts";
import { unpackBits, valuesFromBytes, valuesFromCodestream } from "./samples.ts";

const FIELD = "(7FE0,0010)";

type Coding = "native" | "RLE" | "deflated frames" | CodecName;

const CODINGS: Readonly<Record<string, Coding>> = {
  "1.2.840.10008.1.2": "native",
  "1.2.840.10008.1.2.1": "native",
  "1.2.840.10008.1.2.1.99": "native",
  "1.2.840.10008.1.2.2": "native",
  "1.2.840.10008.1.2.5": "RLE",
  "1.2.840.10008.1.2.8.1": "deflated frames",
  "1.2.840.10008.1.2.4.50": "JPEG",
  "1.2.840.10008.1.2.4.51": "JPEG",
  "1.2.840.10008.1.2.4.53": "JPEG",
  "1.2.840.10008.1.2.4.55": "JPEG",
  "1.2.840.10008.1.2.4.57": "JPEG",
  "1.2.840.10008.1.2.4.70": "JPEG",
  "1.2.840.10008.1.2.4.80": "JPEG-LS",
  "1.2.840.10008.1.2.4.81": "JPEG-LS",
  "1.2.840.10008.1.2.4.90": "JPEG 2000",
  "1.2.840.10008.1.2.4.91": "JPEG 2000",
  "1.2.840.10008.1.2.4.201": "HTJ2K",
  "1.2.840.10008.1.2.4.202": "HTJ2K",
  "1.2.840.10008.1.2.4.203": "HTJ2K",
};

const SYNTAXES = "uncompressed, deflated, RLE, JPEG, JPEG-LS, JPEG 2000 and HTJ2K transfer syntaxes";

/** Syntaxes that are known and not read. The UID itself is text of the file: it is not repeated. */
function foreignName(syntax: string): string {
  const last = syntax.startsWith("1.2.840.10008.1.2.4.") ? Number(syntax.slice(20)) : 0;
  if (last >= 100 && last <= 108) return "a DICOM video (MPEG, H.264, HEVC)";
  if (last >= 110 && last <= 112) return "DICOM with JPEG XL frames";
  return last === 94 || last === 95
    ? "a DICOM object whose pixels lie on a server (JPIP)"
    : "a DICOM transfer syntax that is not read here";
}

/** Gives the stored values of frame k: one value a pixel, or interleaved 8-bit RGB. */
export type FrameReader = (frame: number) => Promise<VoxelArray>;

/** Checks the pixel data as a whole and returns a reader of its frames. */
export function frameReader(file: DicomFile, header: ImageHeader, decode: Decode): FrameReader {
  const coding = CODINGS[file.syntax];
  if (coding === undefined) throw unsupported(foreignName(file.syntax), SYNTAXES);
  if (coding === "native") return nativeReader(file, header);
  const frames = encapsulatedFrames(header);
  return async (frame) => {
    const bytes = frames[frame];
    if (!bytes) throw malformed("DICOM", FIELD, "A frame is missing.");
    return decodeFrame(bytes, coding, header, decode);
  };
}

function nativeReader({ dataSet }: DicomFile, header: ImageHeader): FrameReader {
  const { columns, rows, samples, bitsAllocated, photometric, pixels } = header;
  const length = columns * rows * samples;
  const wordsOfBytes = !dataSet.littleEndian && bitsAllocated === 8 && pixels.vr === "OW";
  const source = wordsOfBytes ? nativePixels(dataSet, header).slice() : nativePixels(dataSet, header);
  if (wordsOfBytes) swapBytes(source, 2);
  return async (frame) => {
    if (bitsAllocated === 1) return unpackBitsAt(source, frame * length, length);
    if (photometric === "YBR_FULL_422") return rgb(expand422(frameBytes(source, frame, 2 * columns * rows)), header);
    const part = frameBytes(source, frame, (length * bitsAllocated) / 8);
    const values = valuesFromBytes(part, header, { length, swap: dataSet.littleEndian ? 1 : bitsAllocated / 8 });
    return samples === 1 ? values : rgb(header.planar ? interleave(values) : values, header);
  };
}

const frameBytes = (bytes: Uint8Array, frame: number, length: number) =>
  bytes.subarray(frame * length, (frame + 1) * length);

function unpackBitsAt(bytes: Uint8Array, firstBit: number, length: number): Uint8Array {
  if (firstBit % 8 === 0) return unpackBits(bytes.subarray(firstBit / 8), length);
  return unpackBits(bytes.subarray(firstBit >> 3), length + (firstBit & 7)).slice(firstBit & 7);
}

async function decodeFrame(
  bytes: Uint8Array,
  coding: Exclude<Coding, "native">,
  header: ImageHeader,
  decode: Decode,
): Promise<VoxelArray> {
  if (coding === "RLE") return decodeRle(bytes, header);
  if (coding === "deflated frames") return decodeDeflated(bytes, header);
  const stream = coding === "JPEG 2000" || coding === "HTJ2K" ? readJpeg2000Header(bytes) : readJpegHeader(bytes);
  checkSize(stream, header);
  checkComplete(bytes, "DICOM");
  if (stream.process === 0xc3) return decodeLossless(bytes, stream, header);
  const codec = codecOf(stream, coding);
  const decoded =
    codec === "JPEG 12" ? decodeJpeg12(bytes) : await decode(codec, codec === "JPEG" ? told(bytes, header) : bytes);
  checkSize(decoded, header);
  const values = valuesFromCodestream(
    decoded.bytes,
    { precision: decoded.bitsPerSample, signed: decoded.signed },
    header,
  );
  if (header.samples === 1) return values;
  const pixels = decoded.planar ? interleave(values) : values;
  return undoesColour(codec, bytes) ? toBytes(pixels, header.bitsStored) : rgb(pixels, header);
}

/** JPEG decoders undo the colour transform of the stream, JPEG 2000 decoders where there is one; JPEG-LS has none. */
function undoesColour(codec: CodecName | "JPEG 12", bytes: Uint8Array): boolean {
  if (codec === "JPEG 2000" || codec === "HTJ2K") return hasComponentTransform(bytes);
  return codec === "JPEG";
}

/**
 * A JPEG that does not say whether it is RGB or YCbCr is what the data set says, unless it is subsampled, which only YCbCr
 * is. The decoder would take it for YCbCr: an Adobe marker tells it otherwise.
 */
function told(bytes: Uint8Array, { photometric, samples }: ImageHeader): Uint8Array {
  return samples === 3 && photometric === "RGB" && !saysColour(bytes) ? withAdobeRgb(bytes) : bytes;
}

/** The frame itself tells which JPEG it is: writers mix the transfer syntaxes up. */
function codecOf({ process, precision }: CodestreamHeader, coding: CodecName): CodecName | "JPEG 12" {
  if (process === 0) return coding;
  if (process === 0xf7) return "JPEG-LS";
  if (process <= 0xc2 && precision <= 12) return precision === 8 ? "JPEG" : "JPEG 12";
  throw unsupported(`DICOM with ${precision}-bit or arithmetic-coded lossy JPEG frames`, SYNTAXES);
}

function checkSize(stream: Pick<CodestreamHeader, "width" | "height" | "components">, header: ImageHeader): void {
  const { columns, rows, samples } = header;
  if (stream.width !== columns || stream.height !== rows || stream.components !== samples)
    throw malformed(
      "DICOM",
      FIELD,
      `A compressed frame is ${stream.width}×${stream.height}×${stream.components}, the data set says ${columns}×${rows}×${samples}.`,
    );
}

function decodeRle(bytes: Uint8Array, header: ImageHeader): VoxelArray {
  const { columns, rows, samples, bitsAllocated } = header;
  const length = columns * rows * samples;
  if (bitsAllocated === 1) {
    const packed = decodeRleFrame(bytes, { pixels: Math.ceil(length / 8), samples: 1, bytesPerSample: 1 });
    return unpackBits(packed, length);
  }
  const decoded = decodeRleFrame(bytes, { pixels: columns * rows, samples, bytesPerSample: bitsAllocated / 8 });
  const values = valuesFromBytes(decoded, header, { length, swap: 1 });
  return samples === 1 ? values : rgb(values, header);
}

/** Deflated Image Frame Compression (PS3.5 §A.4.13): each frame is its own raw deflate stream. */
function decodeDeflated(bytes: Uint8Array, header: ImageHeader): VoxelArray {
  const { columns, rows, samples, bitsAllocated } = header;
  const length = columns * rows * samples;
  const packed = inflatePrefix(bytes, "raw", { format: "DICOM", length: Math.ceil((length * bitsAllocated) / 8) });
  if (bitsAllocated === 1) return unpackBits(packed, length);
  const values = valuesFromBytes(packed, header, { length, swap: 1 });
  return samples === 1 ? values : rgb(header.planar ? interleave(values) : values, header);
}

function decodeLossless(bytes: Uint8Array, stream: CodestreamHeader, header: ImageHeader): VoxelArray {
  const copy = bytes.slice();
  const wide = stream.precision > 8;
  const decoded = guarded("DICOM", FIELD, () =>
    new LosslessDecoder().decode(copy.buffer, 0, copy.length, wide ? 2 : 1),
  );
  const length = header.columns * header.rows * header.samples;
  if (!decoded || decoded.length < length) throw malformed("DICOM", FIELD, "A frame decodes to too few pixels.");
  const out = new Uint8Array(decoded.buffer, decoded.byteOffset, length * (wide ? 2 : 1)).slice();
  const values = valuesFromCodestream(out, { precision: stream.precision, signed: false }, header);
  return header.samples === 1 ? values : rgb(values, header);
}

/** Interleaved samples to 8-bit RGB by the photometric interpretation. */
function rgb(values: VoxelArray, header: ImageHeader): Uint8Array {
  const bytes = toBytes(values, header.bitsStored);
  if (header.photometric === "YBR_FULL" || header.photometric === "YBR_FULL_422") ybrToRgb(bytes);
  return bytes;
}
