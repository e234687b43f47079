/** JPEG: 8-bit grey and colour, turned as its EXIF orientation says. */
import type { Volume } from "../../../core/image/volume.ts";
import { malformed, unsupported } from "../../bytes/fail.ts";
import { check, checkGrid, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import { checkComplete, jpegSegments, readJpegHeader } from "../../codecs/jpeg-header.ts";
import { decodeWithWasm, type WasmSource } from "../../codecs/wasm.ts";
import { type Orientation, oriented, readOrientation, TURNED_WARNING } from "./orientation.ts";
import { pictureVolume } from "./picture.ts";

/** Reads a JPEG. Throws UnsupportedFormat (CMYK, 12 bit, lossless), MalformedFile or TooLarge. */
export async function readJpeg(bytes: Uint8Array, limits: Limits, wasm?: WasmSource): Promise<Volume> {
  const { width, height, components, precision, process } = readJpegHeader(bytes);
  if (precision !== 8 || process > 0xc2 || (components !== 1 && components !== 3))
    throw unsupported(`a JPEG of ${components} components of ${precision} bits`, "8-bit grey and YCbCr or RGB JPEG");
  checkGrid("JPEG", { columns: width, rows: height, frames: 1, bytesPerPixel: components }, limits);
  check("JPEG: decoded bytes", width * height * components, inflatedLimit(bytes.length, limits));
  checkComplete(bytes, "JPEG");
  const decoded = await decodeWithWasm("JPEG", bytes, wasm);
  if (decoded.width !== width || decoded.height !== height || decoded.components !== components)
    throw malformed("JPEG", "SOF", "The picture decodes to another size.");
  const turned = oriented({ width, height, channels: components, data: decoded.bytes }, orientationOf(bytes));
  const turnedAround = turned.data !== decoded.bytes;
  return pictureVolume(turned, turnedAround ? [TURNED_WARNING] : []);
}

/** EXIF lies in APP1 behind `Exif\0\0`. */
function orientationOf(bytes: Uint8Array): Orientation {
  for (const { marker, payload } of jpegSegments(bytes))
    if (marker === 0xe1 && payload[0] === 0x45 && payload[1] === 0x78 && payload[4] === 0)
      return readOrientation(payload.subarray(6));
  return 1;
}
