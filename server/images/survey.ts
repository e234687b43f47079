/** What can be told of files without keeping an image of them; runs in the reading process. */
import { closeSync, openSync, readSync } from "node:fs";
import { isSegmenterError } from "../../core/errors.ts";
import { littleEndianBytes } from "../../core/image/dtype.ts";
import { sliceOf } from "../../core/image/slice.ts";
import type { Slice, Volume } from "../../core/image/volume.ts";
import { defaultWindow, shownColour, windowToBytes } from "../../core/image/window.ts";
import { type FileHead, type Limits, readHead, writePng } from "../../formats/index.ts";

/** Most headers end before the first; of the others more is read. */
const HEAD_BYTES = [16 * 1024, 256 * 1024, 4 * 1024 * 1024];
const SIDE = 128;

/** What each file says at its start; `null` for what no reader takes. Nothing else waits in this process. */
export function headsOf(paths: readonly string[], limits: Limits): (FileHead | null)[] {
  const buffer = new Uint8Array(HEAD_BYTES.at(-1) ?? 0);
  return paths.map((path) => headOf(path, buffer, limits));
}

function headOf(path: string, buffer: Uint8Array, limits: Limits): FileHead | null {
  const file = openSync(path, "r");
  try {
    for (const length of HEAD_BYTES) {
      const read = readSync(file, buffer, 0, length, 0);
      try {
        return readHead(buffer.subarray(0, read), limits) ?? null;
      } catch (thrown) {
        if (!isSegmenterError(thrown)) throw thrown; // cut short here, or broken
        if (read < length) return null;
      }
    }
    return null;
  } finally {
    closeSync(file);
  }
}

/** The middle slice through its own window, at most `side` pixels a side: square ones, so that nothing looks squeezed. */
export function pictureOf(volume: Volume, side = SIDE): Uint8Array<ArrayBuffer> {
  const slice = sliceOf(volume, "native", Math.floor(volume.size[2] / 2));
  const { channels } = slice;
  const bytes = channels === 1 ? windowToBytes(slice, defaultWindow(volume)) : littleEndianBytes(shownColour(slice));
  return writePng(resampled(slice, bytes, side));
}

/** The nearest pixel of the slice for each of the picture. */
function resampled({ width, height, channels, spacingMm }: Slice, bytes: ArrayLike<number>, side: number) {
  const [pitchX, pitchY] = spacingMm ?? [1, 1];
  const pitch = Math.max(Math.min(pitchX, pitchY), (width * pitchX) / side, (height * pitchY) / side);
  const columns = Math.max(1, Math.floor((width * pitchX) / pitch));
  const rows = Math.max(1, Math.floor((height * pitchY) / pitch));
  const data = new Uint8Array(columns * rows * channels);
  for (let y = 0, to = 0; y < rows; y++) {
    const row = Math.min(height - 1, Math.floor((y * pitch) / pitchY)) * width;
    for (let x = 0; x < columns; x++) {
      const from = (row + Math.min(width - 1, Math.floor((x * pitch) / pitchX))) * channels;
      for (let channel = 0; channel < channels; channel++) data[to++] = bytes[from + channel] ?? 0;
    }
  }
  return { width: columns, height: rows, channels, data };
}
