/** How the pixels of one TIFF directory are stored, checked before anything is read (TIFF 6.0, sections 3 to 6 and 15). */
import { malformed, unsupported } from "../../bytes/fail.ts";
import { checkGrid, type Limits } from "../../bytes/limits.ts";
import type { VoxelType } from "../../bytes/voxels.ts";
import type { Directory } from "./tiff-directory.ts";

export const READ = "uncompressed, LZW, Deflate, PackBits and JPEG TIFF";

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel, extra ones (alpha, further channels) included. */
  readonly samples: number;
  /** 1, 2 and 4 bits are packed; they become bytes. */
  readonly bits: number;
  readonly type: VoxelType;
  readonly photometric: number;
  readonly compression: number;
  readonly predictor: number;
  /** Each sample has strips of its own. */
  readonly planar: boolean;
  /** An extra sample is transparency. */
  readonly alpha: boolean;
  /** Strips are tiles as wide as the picture. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
}

const JPEG = 7;
const YCBCR = 6;

/** Throws MalformedFile naming the tag, UnsupportedFormat or TooLarge. */
export function readLayout(directory: Directory, limits: Limits): Layout {
  const { value, values } = directory;
  const [width, height] = [value(256, 0), value(257, 0)];
  if (width < 1 || height < 1) throw malformed("TIFF", "tag 256", "The picture has no size.");
  const [samples, bits, photometric, compression] = [value(277, 1), value(258, 1), value(262, -1), value(259, 1)];
  const known = [0, 1, 2, 3].includes(photometric) || (photometric === YCBCR && compression === JPEG);
  if (!known) throw unsupported("TIFF in another colour space than grey, RGB or palette", READ);
  const colours = photometric === 2 || photometric === YCBCR ? 3 : 1;
  if (samples < colours || samples > 64)
    throw malformed("TIFF", "tag 277", "It does not fit the photometric interpretation.");
  if (values(258).some((other) => other !== bits)) throw unsupported("TIFF whose samples differ in their bits", READ);
  const type = typeOf(bits, value(339, 1));
  const bytesPerPixel = samples * Math.ceil(bits / 8);
  checkGrid("TIFF", { columns: width, rows: height, frames: 1, bytesPerPixel }, limits);
  const planar = value(284, 1) === 2 && samples > 1;
  const tiles = readTiles(directory, { width, height, planes: planar ? samples : 1 });
  checkGrid("TIFF tile", { columns: tiles.tileWidth, rows: tiles.tileHeight, frames: 1, bytesPerPixel }, limits);
  const alpha = values(338).some((kind) => kind === 1 || kind === 2);
  return {
    ...{ width, height, samples, bits, type, photometric, compression, planar, alpha },
    ...tiles,
    predictor: value(317, 1),
  };
}

/** Where the strips or tiles lie; each must be there. */
function readTiles(
  { value, values }: Directory,
  { width, height, planes }: { width: number; height: number; planes: number },
) {
  const tiled = values(324).length > 0;
  const tileWidth = tiled ? value(322, 0) : width;
  const tileHeight = tiled ? value(323, 0) : Math.min(height, value(278, height));
  if (tileWidth < 1 || tileHeight < 1) throw malformed("TIFF", "tag 278", "A strip or tile has no size.");
  const [offsets, counts] = tiled ? [values(324), values(325)] : [values(273), values(279)];
  const expected = planes * Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight);
  if (offsets.length !== expected || counts.length !== expected)
    throw malformed("TIFF", tiled ? "tag 324" : "tag 273", `It must have ${expected} entries.`);
  return { tileWidth, tileHeight, offsets, counts };
}

function typeOf(bits: number, format: number): VoxelType {
  if (format === 1 && [1, 2, 4].includes(bits)) return "uint8";
  if (![8, 16, 32, 64].includes(bits))
    throw unsupported(`TIFF of ${bits} bits a sample`, "TIFF of 1, 2, 4, 8, 16, 32 and 64 bits");
  if (format === 3 && bits === 16) return "uint16"; // halves, made float32 once they are unpacked
  if (format === 3 && (bits === 32 || bits === 64)) return bits === 32 ? "float32" : "float64";
  if (format === 1 && bits !== 64) return bits === 8 ? "uint8" : bits === 16 ? "uint16" : "uint32";
  if (format === 2 && bits !== 64) return bits === 8 ? "int8" : bits === 16 ? "int16" : "int32";
  throw unsupported("TIFF of another sample format", "integer and floating-point TIFF");
}

/** True when two pictures can be slices of one volume. */
export const sameLayout = (a: Layout, b: Layout): boolean =>
  a.width === b.width &&
  a.height === b.height &&
  a.samples === b.samples &&
  a.bits === b.bits &&
  a.type === b.type &&
  a.photometric === b.photometric;
