/** What can be told of files without keeping an image of them; runs in the reading process. */
import { open } from "node:fs/promises";
import { isSegmenterError } from "../../core/errors.ts";
import { littleEndianBytes } from "../../core/image/dtype.ts";
import { sliceOf } from "../../core/image/slice.ts";
import type { Slice, Volume } from "../../core/image/volume.ts";
import { defaultWindow, shownColour, windowToBytes } from "../../core/image/window.ts";
import { type FileHead, type Limits, readHead, writePng } from "../../formats/index.ts";

/** Most headers end before; of the others more is read. */
const HEAD_BYTES = [64 * 1024, 4 * 1024 * 1024];
const SIDE = 128;

/** What each file says at its start; `null` for what no reader takes. */
export async function headsOf(paths: readonly string[], limits: Limits): Promise<(FileHead | null)[]> {
  const heads: (FileHead | null)[] = [];
  for (const path of paths) heads.push(await headOf(path, limits));
  return heads;
}

async function headOf(path: string, limits: Limits): Promise<FileHead | null> {
  const file = await open(path);
  try {
    for (const length of HEAD_BYTES) {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0);
      try {
        return readHead(buffer.subarray(0, bytesRead), limits) ?? null;
      } catch (thrown) {
        if (!isSegmenterError(thrown)) throw thrown; // cut short here, or broken
        if (bytesRead < length) return null;
      }
    }
    return null;
  } finally {
    await file.close();
  }
}

/** The middle slice through its own window, made smaller by taking every n-th pixel. */
export function thumbnailOf(volume: Volume): Uint8Array<ArrayBuffer> {
  const slice = sliceOf(volume, "native", Math.floor(volume.size[2] / 2));
  const { width, height, channels } = slice;
  const bytes = channels === 1 ? windowToBytes(slice, defaultWindow(volume)) : littleEndianBytes(shownColour(slice));
  return writePng(smaller({ width, height, channels }, bytes));
}

function smaller({ width, height, channels }: Pick<Slice, "width" | "height" | "channels">, bytes: ArrayLike<number>) {
  const step = Math.max(1, width / SIDE, height / SIDE);
  const [columns, rows] = [Math.max(1, Math.floor(width / step)), Math.max(1, Math.floor(height / step))];
  const data = new Uint8Array(columns * rows * channels);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const from = (Math.floor(y * step) * width + Math.floor(x * step)) * channels;
      for (let channel = 0; channel < channels; channel++) data[to++] = bytes[from + channel] ?? 0;
    }
  }
  return { width: columns, height: rows, channels, data };
}
