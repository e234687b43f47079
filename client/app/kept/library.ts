/** The kept library: the work on every image, in this browser's database, by the image's content id. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Rle } from "../../../core/wire/index.ts";
import type { Work } from "./work.ts";

interface Kept extends Work {
  /** Counts up with each save: who writes must have read the newest one. */
  readonly revision: number;
}

interface Schema extends DBSchema {
  works: { key: string; value: Kept; indexes: { savedAt: number } };
  /** Masks that logs hold by digest. */
  masks: { key: string; value: { readonly digest: string; readonly rle: Rle } };
  /** Works that could not be read, as they were. */
  aside: { key: number; value: Work; autoIncrement: true };
}

export interface Library {
  get(imageId: string): Promise<Kept | undefined>;
  /** The new revision, or `undefined` when somebody else has saved since `revision`. 0: there is none yet. */
  put(work: Work, revision: number): Promise<number | undefined>;
  /** Newest first. */
  list(): Promise<readonly Work[]>;
  remove(imageId: string): Promise<void>;
  /** Keeps a work that cannot be read, out of the way. */
  putAside(work: Work): Promise<void>;
  asides(): Promise<readonly Work[]>;
  mask(digest: string): Promise<Rle | undefined>;
  putMasks(masks: Readonly<Record<string, Rle>>): Promise<void>;
  /** Once what is under way has ended. */
  close(): void;
}

const NAME = "promptomy";
const VERSION = 1;

/** Rejects where the browser keeps nothing, for example in some private windows. */
export async function openLibrary(): Promise<Library> {
  const database = await openDB<Schema>(NAME, VERSION, {
    upgrade(created) {
      created.createObjectStore("works", { keyPath: "imageId" }).createIndex("savedAt", "savedAt");
      created.createObjectStore("masks", { keyPath: "digest" });
      created.createObjectStore("aside", { autoIncrement: true });
    },
    // Another tab needs a newer layout: let go, and it reads what is here.
    blocking: (_current, _blocked, event) => (event.target as IDBPDatabase | null)?.close(), // `idb` types it as Event
  });
  return {
    get: (imageId) => database.get("works", imageId),
    async put(work, revision) {
      const transaction = database.transaction("works", "readwrite");
      const known = await transaction.store.get(work.imageId);
      if ((known?.revision ?? 0) !== revision) return undefined;
      await transaction.store.put({ ...work, revision: revision + 1 });
      await transaction.done;
      return revision + 1;
    },
    list: async () => (await database.getAllFromIndex("works", "savedAt")).reverse(),
    remove: (imageId) => database.delete("works", imageId),
    asides: () => database.getAll("aside"),
    putAside: async (work) => void (await database.add("aside", work)),
    mask: async (digest) => (await database.get("masks", digest))?.rle,
    async putMasks(masks) {
      const transaction = database.transaction("masks", "readwrite");
      for (const [digest, rle] of Object.entries(masks)) await transaction.store.put({ digest, rle });
      await transaction.done;
    },
    close: () => database.close(),
  };
}

export const isQuotaError = (thrown: unknown): boolean =>
  thrown instanceof DOMException && thrown.name === "QuotaExceededError";

export type { Kept };
