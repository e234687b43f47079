/** Volumes in memory, under a cap that holds. */
import { MessageChannel } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import type { Volume } from "../../core/image/volume.ts";

/** A volume is lent for the length of a call, so that its memory can be given back the moment that it has to leave. */
export interface VolumeMemory {
  /**
   * Calls `work` with the volume, which must not be kept: nor a view of its voxels. A volume that is not in memory is read
   * when there is room for it, after those that were asked for before; asked for twice at once it is read once. One
   * larger than the cap is read alone and does not stay.
   */
  use<T>(from: VolumeSource, work: (volume: Volume) => T): Promise<T>;
  /** Takes a volume over. False when it is larger than the cap and was not kept. */
  set(imageId: string, volume: Volume): boolean;
}

export interface VolumeSource {
  readonly imageId: string;
  /** Of its voxels. */
  readonly bytes: number;
  readonly read: () => Promise<Volume>;
}

export interface VolumeMemoryOptions {
  readonly maxBytes: number;
  /** A volume left to make room. */
  readonly onEvict: (imageId: string) => void;
}

/** Somebody who waits for a volume that is being read. */
type Borrower = (volume: Volume) => void;

/** Least recently used volumes leave first. Those that are being read count too. */
export function createVolumeMemory({ maxBytes, onEvict }: VolumeMemoryOptions): VolumeMemory {
  const borrowers = new Map<string, { readonly lend: Borrower[]; readonly done: Promise<void> }>();
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  let readingBytes = 0;
  const kept = new LRUCache<string, Volume>({
    maxSize: maxBytes,
    sizeCalculation: ({ data }) => Math.max(1, data.byteLength),
    dispose: (volume, imageId, reason) => {
      free(volume);
      if (reason === "evict") onEvict(imageId);
    },
  });
  const makeRoom = (bytes: number): boolean => {
    while (kept.size > 0 && kept.calculatedSize + readingBytes + bytes > maxBytes) kept.pop();
    return readingBytes === 0 || kept.calculatedSize + readingBytes + bytes <= maxBytes;
  };
  const next = (): void => {
    for (let [job] = waiting; job && makeRoom(job.bytes); [job] = waiting) {
      waiting.shift();
      readingBytes += job.bytes;
      job.start();
    }
  };
  const turn = (bytes: number) =>
    new Promise<void>((start) => {
      waiting.push({ bytes, start });
      next();
    });
  const set = (imageId: string, volume: Volume): boolean => {
    if (kept.set(imageId, volume).has(imageId)) return true;
    free(volume);
    return false;
  };
  const read = async ({ imageId, bytes, read }: VolumeSource, lend: readonly Borrower[]): Promise<void> => {
    await turn(bytes);
    try {
      const volume = await read();
      for (const borrow of lend) borrow(volume);
      readingBytes -= bytes;
      set(imageId, volume);
    } catch (thrown) {
      readingBytes -= bytes;
      throw thrown;
    } finally {
      borrowers.delete(imageId);
      next();
    }
  };
  const group = (from: VolumeSource) => {
    const known = borrowers.get(from.imageId);
    if (known) return known;
    const lend: Borrower[] = [];
    const started = { lend, done: read(from, lend) };
    borrowers.set(from.imageId, started);
    return started;
  };
  return {
    async use(from, work) {
      const near = kept.get(from.imageId);
      if (near) return work(near);
      const { lend, done } = group(from);
      return new Promise((resolve, reject) => {
        lend.push((volume) => {
          try {
            resolve(work(volume));
          } catch (thrown) {
            reject(thrown);
          }
        });
        done.catch(reject);
      });
    },
    set,
  };
}

/** The far end is closed: what is sent here is dropped, with its memory, at once. */
const { port1: nowhere, port2: farEnd } = new MessageChannel();
farEnd.close();

/** Gives the memory of voxels back now. Garbage collection would come for it late: eight volumes of 100 MB stood at 1.1 GB. */
function free({ data: { buffer } }: Volume): void {
  if (buffer instanceof ArrayBuffer) nowhere.postMessage(buffer, [buffer]);
}
