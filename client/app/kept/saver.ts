/** Saves the work on the open image: one save after the other, each on top of the one that was read or written last. */
import type { PromptLog } from "../../../core/annotation/log.ts";
import { parseLog } from "../../../core/annotation/log-file.ts";
import type { Context } from "../context/context.ts";
import type { Keeping } from "../state/state.ts";
import { clearJournal, writeJournal } from "./journal.ts";
import { isQuotaError, type Kept, type Library } from "./library.ts";
import { mergeLogs } from "./merge.ts";
import { workOf } from "./restore.ts";
import { forgetOldWork } from "./session.ts";

export interface Saver {
  /** What is kept of an image; saves go on from there. */
  read(imageId: string): Promise<Kept | undefined>;
  /** Resolves when all that was to be saved until now is; the log itself is safe before this returns. */
  save(): Promise<void>;
}

export interface SaverOptions {
  readonly context: Context;
  /** `undefined` where the browser keeps nothing. */
  readonly opened: Promise<Library | undefined>;
  /** Resolves when the database has the masks that the log names: a log is never kept without them. */
  readonly masksKept: () => Promise<void>;
  /** Is the open image this tab's to write? */
  readonly isWriter: () => boolean;
  readonly onSaved: () => void;
  /** Runs after the log has taken in what another tab had saved. */
  readonly onChange: () => void;
}

/** Tells the user how safe the work is. */
export function setKeeping({ store }: Context, keeping: Keeping): void {
  if (store.state.keeping.state !== keeping.state) store.set({ keeping });
}

/** Without this a browser that runs short of disk may drop the database unasked. */
const askToStay = () => void navigator.storage?.persist?.().catch(() => false);

export function createSaver({ context, opened, masksKept, isWriter, onSaved, onChange }: SaverOptions): Saver {
  const { store } = context;
  let revision = 0;
  let written = "";
  /** The log that the journal or the database has. */
  let safe: PromptLog = store.state.log;
  let saving: Promise<void> = Promise.resolve();
  /** What is there could not be read: nothing is written over it. */
  let unread = false;

  const read: Saver["read"] = async (imageId) => {
    const library = await opened;
    unread = false;
    const kept = await library?.get(imageId).catch(() => {
      unread = true;
      return undefined;
    });
    revision = kept?.revision ?? 0;
    written = "";
    return kept;
  };

  /** Somebody has saved in between, where there are no locks to prevent it: their lines and ours are both kept. */
  const mergeIn = async (imageId: string) => {
    const theirs = await read(imageId);
    if (theirs) store.set({ log: mergeLogs(parseLog(theirs.log), store.state.log) });
    onChange();
  };

  const write = async (): Promise<void> => {
    const work = workOf(store.state);
    const { keeping, log } = store.state;
    if (!work || !isWriter() || keeping.state === "newer") return;
    const text = JSON.stringify({ ...work, savedAt: 0 });
    if (text === written || (log.entries.length === 0 && revision === 0)) return;
    const library = await opened;
    if (!library || unread) return setKeeping(context, { state: "unavailable" });
    await masksKept();
    const next = await library.put(work, revision);
    if (next === undefined) {
      await mergeIn(work.imageId);
      return write();
    }
    if (revision === 0) askToStay();
    revision = next;
    written = text;
    forgetOldWork();
    if (store.state.log === log) clearJournal(work.imageId);
    onSaved();
    if (keeping.state !== "damaged") setKeeping(context, { state: "kept" });
  };

  const failed = (thrown: unknown) => setKeeping(context, { state: isQuotaError(thrown) ? "full" : "unavailable" });
  return {
    read,
    save() {
      const { image, log, keeping } = store.state;
      if (image && isWriter() && keeping.state !== "newer" && log !== safe) writeJournal(image.info.imageId, log);
      safe = log;
      saving = saving.then(write).catch(failed);
      return saving;
    },
  };
}
