/** Whether a JPEG stream itself says what its three components are. */
import { concatBytes } from "../bytes/bytes.ts";
import { jpegSegments } from "./jpeg-header.ts";

const startsWith = (payload: Uint8Array, text: string) =>
  [...text].every((character, i) => payload[i] === character.charCodeAt(0));

/** True with a JFIF or Adobe marker, with components named R, G, B, or subsampled. */
export function saysColour(bytes: Uint8Array): boolean {
  for (const { marker, payload } of jpegSegments(bytes)) {
    if (marker === 0xe0 && startsWith(payload, "JFIF")) return true;
    if (marker === 0xee && startsWith(payload, "Adobe")) return true;
    const frame = marker >= 0xc0 && marker <= 0xc2;
    if (frame) return isSubsampled(payload) || [6, 9, 12].every((at, n) => payload[at] === "RGB".charCodeAt(n));
  }
  return true;
}

const isSubsampled = (frame: Uint8Array) => [10, 13].some((at) => frame[at] !== frame[7]);

/** The stream with an Adobe marker that says: no colour transform. */
export function withAdobeRgb(bytes: Uint8Array): Uint8Array {
  const marker = [
    0xff,
    0xee,
    0,
    14,
    ...[..."Adobe"].map((character) => character.charCodeAt(0)),
    0,
    100,
    0,
    0,
    0,
    0,
    0,
  ];
  return concatBytes([bytes.subarray(0, 2), Uint8Array.from(marker), bytes.subarray(2)]);
}
