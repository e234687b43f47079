import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Volume } from "../../core/image/volume.ts";
import { writePng } from "../../formats/index.ts";
import { createImageStore } from "../../server/images/store.ts";
import type { ImageStore, IncomingFile } from "../../server/images/types.ts";
import type { ServerEvent } from "../../server/ops/events.ts";
import { DEFAULT_LIMITS, type Limits } from "../../server/ops/limits.ts";

/** A folder that goes when the test ends. */
export async function cacheFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "images-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export interface OpenStore {
  readonly store: ImageStore;
  readonly events: ServerEvent[];
}

/** A store that closes when the test ends, and what it told. */
export async function openStore(dir: string, limits: Partial<Limits> = {}): Promise<OpenStore> {
  const events: ServerEvent[] = [];
  const observe = (event: ServerEvent) => events.push(event);
  const store = await createImageStore({ dir, limits: { ...DEFAULT_LIMITS, ...limits }, observe });
  onTestFinished(() => store.close());
  return { store, events };
}

/** Files of an upload, in chunks. */
export async function* filesOf(...contents: Uint8Array[]): AsyncGenerator<IncomingFile> {
  for (const bytes of contents) {
    yield {
      body: (async function* () {
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
      })(),
    };
  }
}

/** A PNG that differs for each seed. */
export function pngOf(seed: number, side = 32): Uint8Array {
  const data = Uint8Array.from({ length: side * side }, (_, n) => (n * 7 + seed * 31) % 251);
  return writePng({ width: side, height: side, data });
}

/** A small CT that differs for each seed. */
export const volumeOf = (seed: number, side = 16, slices = 4): Volume => ({
  size: [side, side, slices],
  channels: 1,
  data: Int16Array.from({ length: side * side * slices }, (_, n) => ((n * 13 + seed) % 2000) - 1000),
  rescale: { slope: 1, intercept: 0 },
  ijkToLps: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
  unit: "mm",
  modality: "CT",
  inverted: false,
  windows: [],
  warnings: [],
});
