/** The image attributes of a data set (PS3.3 C.7.6.3), checked against each other before a byte of pixels is touched. */
import { malformed, unsupported } from "../../bytes/fail.ts";
import { check, checkGrid, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import { type DataSet, type DicomElement, PIXEL_DATA, tagName } from "./tokens.ts";
import { decimalOf, shortOf, textOf } from "./values.ts";

export type Photometric =
  | "MONOCHROME1"
  | "MONOCHROME2"
  | "PALETTE COLOR"
  | "RGB"
  | "YBR_FULL"
  | "YBR_FULL_422"
  | "YBR_ICT"
  | "YBR_RCT";

export interface ImageHeader {
  readonly columns: number;
  readonly rows: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly sample: "integer" | "float32" | "float64";
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly photometric: Photometric;
  /** Uncompressed colour by plane (RRR GGG BBB) instead of by pixel. */
  readonly planar: boolean;
  readonly pixels: DicomElement;
}

const ROWS = 0x00280010;
const COLUMNS = 0x00280011;
const BITS_ALLOCATED = 0x00280100;
const PHOTOMETRIC = 0x00280004;
const FLOAT_TAGS = [
  { tag: 0x7fe00008, sample: "float32", bits: 32 },
  { tag: 0x7fe00009, sample: "float64", bits: 64 },
] as const;

/** True when the object carries pixels at all (plans, structure sets and directories do not). */
export const hasPixels = (dataSet: DataSet): boolean =>
  dataSet.elements.has(PIXEL_DATA) || FLOAT_TAGS.some(({ tag }) => dataSet.elements.has(tag));

/** Reads and checks the image attributes. Throws MalformedFile naming the tag, UnsupportedFormat or TooLarge. */
export function readImageHeader(dataSet: DataSet, limits: Limits): ImageHeader {
  const rows = dimension(dataSet, ROWS);
  const columns = dimension(dataSet, COLUMNS);
  const frames = decimalOf(dataSet, 0x00280008) ?? 1;
  if (!Number.isInteger(frames) || frames < 1) throw malformed("DICOM", "(0028,0008)", "It is not a positive integer.");
  const samples = shortOf(dataSet, 0x00280002) ?? 1;
  if (samples !== 1 && samples !== 3) throw malformed("DICOM", "(0028,0002)", "It must be 1 or 3.");
  const bits = readBits(dataSet);
  checkGrid("DICOM", { columns, rows, frames, bytesPerPixel: (samples * bits.bitsAllocated) / 8 }, limits);
  checkExpansion(bits.pixels, (columns * rows * frames * samples * bits.bitsAllocated) / 8, limits);
  const photometric = readPhotometric(dataSet, samples);
  if (photometric === "YBR_FULL_422" && bits.bitsAllocated !== 8)
    throw malformed("DICOM", "(0028,0100)", "Subsampled colour has 8 bits.");
  const planar = samples === 3 && shortOf(dataSet, 0x00280006) === 1;
  return { columns, rows, frames, samples, ...bits, photometric, planar };
}

/** A few compressed bytes that claim a huge image are refused before a decoder works for them. */
function checkExpansion({ fragments }: DicomElement, decodedBytes: number, limits: Limits): void {
  if (!fragments) return;
  const encoded = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
  check("DICOM: decoded bytes", decodedBytes, inflatedLimit(encoded, limits));
}

function dimension(dataSet: DataSet, tag: number): number {
  const value = shortOf(dataSet, tag);
  if (value === undefined) throw malformed("DICOM", tagName(tag), "It is missing.");
  if (value === 0) throw malformed("DICOM", tagName(tag), "It is 0.");
  return value;
}

function readBits(dataSet: DataSet) {
  for (const { tag, sample, bits } of FLOAT_TAGS) {
    const pixels = dataSet.elements.get(tag);
    if (pixels) return { sample, bitsAllocated: bits, bitsStored: bits, highBit: bits - 1, signed: true, pixels };
  }
  const pixels = dataSet.elements.get(PIXEL_DATA);
  if (!pixels) throw malformed("DICOM", tagName(PIXEL_DATA), "It is missing.");
  const bitsAllocated = shortOf(dataSet, BITS_ALLOCATED);
  if (bitsAllocated === undefined || ![1, 8, 16, 32].includes(bitsAllocated))
    throw malformed("DICOM", tagName(BITS_ALLOCATED), "It must be 1, 8, 16 or 32.");
  const bitsStored = shortOf(dataSet, 0x00280101) ?? bitsAllocated;
  const highBit = shortOf(dataSet, 0x00280102) ?? bitsStored - 1;
  if (bitsStored < 1 || bitsStored > bitsAllocated)
    throw malformed("DICOM", "(0028,0101)", "It must be between 1 and the bits allocated.");
  if (highBit < bitsStored - 1 || highBit >= bitsAllocated)
    throw malformed("DICOM", "(0028,0102)", "It does not fit the bits stored.");
  const signed = shortOf(dataSet, 0x00280103) === 1;
  return { sample: "integer" as const, bitsAllocated, bitsStored, highBit, signed, pixels };
}

function readPhotometric(dataSet: DataSet, samples: 1 | 3): Photometric {
  const text = textOf(dataSet, PHOTOMETRIC) ?? (samples === 3 ? "RGB" : "MONOCHROME2");
  switch (text) {
    case "MONOCHROME1":
    case "MONOCHROME2":
    case "PALETTE COLOR":
      if (samples === 1) return text;
      break;
    case "RGB":
    case "YBR_FULL":
    case "YBR_FULL_422":
    case "YBR_ICT":
    case "YBR_RCT":
      if (samples === 3) return text;
      break;
    default:
      throw unsupported("a DICOM photometric interpretation that is not grey, palette, RGB or YBR");
  }
  throw malformed("DICOM", tagName(PHOTOMETRIC), `It does not fit ${samples} samples per pixel.`);
}
