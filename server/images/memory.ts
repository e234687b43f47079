/** Volumes in memory. */
import { LRUCache } from "lru-cache";
import type { Volume } from "../../core/image/volume.ts";

/** Volumes in memory under a cap that counts those that are being loaded too. */
export interface VolumeMemory {
  get(imageId: string): Volume | undefined;
  /** False when it is larger than the cap and was not kept. */
  set(imageId: string, volume: Volume): boolean;
  /**
   * Loads a volume when there is room for it, after those that asked before; the same image asked for twice is loaded
   * once. A volume larger than the cap is loaded alone, given to its caller and not kept.
   */
  load(imageId: string, bytes: number, read: () => Promise<Volume>): Promise<Volume>;
}

export interface VolumeMemoryOptions {
  readonly maxBytes: number;
  /** A volume left to make room. */
  readonly onEvict: (imageId: string) => void;
}

/** Least recently used volumes leave first. */
export function createVolumeMemory({ maxBytes, onEvict }: VolumeMemoryOptions): VolumeMemory {
  const loading = new Map<string, Promise<Volume>>();
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  let loadingBytes = 0;
  const kept = new LRUCache<string, Volume>({
    maxSize: maxBytes,
    sizeCalculation: ({ data }) => Math.max(1, data.byteLength),
    dispose: (_volume, imageId, reason) => {
      if (reason === "evict") onEvict(imageId);
    },
  });
  const makeRoom = (bytes: number): boolean => {
    while (kept.size > 0 && kept.calculatedSize + loadingBytes + bytes > maxBytes) {
      kept.pop(); // the least recently used
    }
    return loadingBytes === 0 || kept.calculatedSize + loadingBytes + bytes <= maxBytes;
  };
  const next = (): void => {
    for (let [job] = waiting; job && makeRoom(job.bytes); [job] = waiting) {
      waiting.shift();
      loadingBytes += job.bytes;
      job.start();
    }
  };
  const turn = (bytes: number) =>
    new Promise<void>((start) => {
      waiting.push({ bytes, start });
      next();
    });
  const load = async (imageId: string, bytes: number, read: () => Promise<Volume>): Promise<Volume> => {
    await turn(bytes);
    try {
      const volume = await read();
      loadingBytes -= bytes;
      kept.set(imageId, volume);
      return volume;
    } catch (thrown) {
      loadingBytes -= bytes;
      throw thrown;
    } finally {
      loading.delete(imageId);
      next();
    }
  };
  return {
    get: (imageId) => kept.get(imageId),
    set: (imageId, volume) => kept.set(imageId, volume).has(imageId),
    load(imageId, bytes, read) {
      const near = loading.get(imageId);
      if (near) return near;
      const far = load(imageId, bytes, read);
      loading.set(imageId, far);
      return far;
    },
  };
}
