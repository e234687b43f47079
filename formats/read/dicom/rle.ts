/** DICOM RLE Lossless (PS3.5 annex G): one PackBits segment for each byte of each sample, most significant first. */
import { malformed } from "../../bytes/fail.ts";

/** Two bytes of PackBits make at most 128. */
const BEST_RATIO = 64;
const FIELD = "(7FE0,0010)";

/** Decodes one frame into interleaved little-endian samples. */
export function decodeRleFrame(
  bytes: Uint8Array,
  { pixels, samples, bytesPerSample }: { pixels: number; samples: number; bytesPerSample: number },
): Uint8Array<ArrayBuffer> {
  const count = samples * bytesPerSample;
  if (bytes.length < 64) throw malformed("DICOM", FIELD, "An RLE frame is shorter than its header.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== count) throw malformed("DICOM", FIELD, `An RLE frame must have ${count} segments.`);
  if (bytes.length * BEST_RATIO < pixels * count) throw malformed("DICOM", FIELD, "An RLE frame is too short.");
  const out = new Uint8Array(pixels * count);
  for (let segment = 0; segment < count; segment++) {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < count ? view.getUint32(8 + 4 * segment, true) : bytes.length;
    if (start < 64 || end < start || end > bytes.length)
      throw malformed("DICOM", FIELD, "An RLE segment lies outside its frame.");
    const sample = Math.floor(segment / bytesPerSample);
    const offset = sample * bytesPerSample + (bytesPerSample - 1 - (segment % bytesPerSample));
    unpack(bytes.subarray(start, end), { out, offset, stride: count, pixels });
  }
  return out;
}

interface Target {
  readonly out: Uint8Array;
  readonly offset: number;
  readonly stride: number;
  readonly pixels: number;
}

function unpack(packed: Uint8Array, { out, offset, stride, pixels }: Target): void {
  let to = offset;
  const end = offset + pixels * stride;
  for (let at = 0; at + 1 < packed.length && to < end; ) {
    const control = packed[at++] ?? 128;
    if (control < 128) {
      const stop = Math.min(at + control + 1, packed.length);
      for (; at < stop && to < end; to += stride) out[to] = packed[at++] ?? 0;
    } else if (control > 128) {
      const value = packed[at++] ?? 0;
      for (let n = 257 - control; n > 0 && to < end; n--, to += stride) out[to] = value;
    }
  }
  if (to < end) throw malformed("DICOM", FIELD, "An RLE segment ends before the frame is full.");
}
