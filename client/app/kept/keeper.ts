/** Keeps the work on the open image: read when it opens, saved with every line of its log, written by one tab. */
import { emptyLog, type PromptLog } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import type { Digest } from "../../../core/digest.ts";
import { isSegmenterError } from "../../../core/errors.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { Keeping, State } from "../state/state.ts";
import { readJournal } from "./journal.ts";
import { createKeptMasks, type KeptMasks } from "./kept-masks.ts";
import type { Library } from "./library.ts";
import { mergeLogs } from "./merge.ts";
import { createProjects, type Projects } from "./projects.ts";
import { withUnsaved, withWork } from "./restore.ts";
import { createSaver, type SaverOptions, setKeeping } from "./saver.ts";
import { oldWork } from "./session.ts";
import { lockImage, type TabLock } from "./tab-lock.ts";
import type { Work } from "./work.ts";

export interface Keeper extends Projects, Omit<KeptMasks, "masksKept"> {
  /** The work on an image that is about to be opened. */
  enter(imageId: Digest): Promise<Work | undefined>;
  /** A state that has the image open, with the work in it: the log is never seen without it, and never saved without it. */
  restored(state: State, work: Work | undefined): State;
  /** Resolves when the open image's work is saved. */
  save(): Promise<void>;
  /** Saves the open image's work and lets go of it. */
  leave(): Promise<void>;
  /** Saves, and lets go of the image and of the browser's database: the viewer has ended. */
  end(): Promise<void>;
  /** Asks the tab that writes for the pen. */
  takeOver(): void;
  /** Newest first, with something done in each. */
  list(): Promise<readonly Work[]>;
  /** Forgets the work on an image that is not open; gives it back for an undo. */
  remove(work: Work): Promise<void>;
  putBack(work: Work): Promise<void>;
  /** Works that could not be read, as they were found. */
  asides(): Promise<readonly Work[]>;
}

/** Moving about is saved after a rest; each line of the log at once. */
const REST_MS = 400;

/** `onChange` runs after another tab or a file has changed the log. */
export function createKeeper(context: Context, openLibrary: () => Promise<Library>, onChange: () => void): Keeper {
  const { store, notifier } = context;
  const opened = openLibrary().catch(() => undefined);
  const { masksKept, ...masks } = createKeptMasks(opened);
  const sitting = createSitting({ context, opened, masksKept, onChange });
  listenToStore(context, sitting.save);
  const projects = createProjects({ context, opened, mask: masks.mask, adopt: sitting.adopt });
  return {
    ...projects,
    ...sitting,
    ...masks,
    list: async () => ((await (await opened)?.list()) ?? []).filter(({ log }) => log.length > EMPTY_LENGTH),
    async remove(work) {
      await (await opened)?.remove(work.imageId);
      notifier.info(t.work.removed(work.name), { actions: [{ label: t.undo, run: () => void this.putBack(work) }] });
    },
    async putBack(work) {
      await (await opened)?.put(work, 0);
      store.set({ dialog: "work" });
    },
    async end() {
      await sitting.leave();
      (await opened)?.close();
    },
    asides: async () => (await (await opened)?.asides()) ?? [],
  };
}

const EMPTY_LENGTH = serialiseLog(emptyLog()).length;

interface Sitting extends Pick<Keeper, "enter" | "restored" | "save" | "leave" | "takeOver"> {
  /** Adds somebody's work on the open image to it; false when another image is open, or another tab writes this one's. */
  adopt(work: Work): boolean;
}

type SittingOptions = Pick<SaverOptions, "context" | "opened" | "masksKept"> & { readonly onChange: () => void };

function createSitting({ context, opened, masksKept, onChange }: SittingOptions): Sitting {
  const { store } = context;
  let entered: Digest | undefined;
  let lock: TabLock | undefined;
  /** Lines that the database may not have: read before anything else can be written. */
  let unsaved: PromptLog | undefined;
  const isMine = () => entered !== undefined && store.state.image?.info.imageId === entered;
  const isWriter = () => isMine() && lock?.held === true;
  const { read, save } = createSaver({ context, opened, masksKept, isWriter, onSaved: () => lock?.saved(), onChange });
  const keep = (keeping: Keeping) => setKeeping(context, keeping);

  /** The newest work of the tab that writes, or wrote until now. */
  const follow = async (keeping: Keeping) => {
    const kept = entered && (await read(entered));
    if (!isMine()) return;
    keep(keeping);
    const left = entered && lock?.held ? readJournal(entered) : undefined;
    const log = kept ? parseLog(kept.log) : store.state.log;
    store.set({ log: left ? mergeLogs(log, left) : log, preview: undefined });
    onChange();
  };
  const giveUp = async () => {
    await save();
    lock?.release();
    keep({ state: "other-tab" });
  };

  return {
    save,
    async enter(imageId) {
      lock = await lockImage(imageId, {
        onGranted: () => void follow({ state: "kept" }),
        onAsked: () => void giveUp(),
        onLost: () => keep({ state: "other-tab" }),
        onSaved: () => void follow({ state: "other-tab" }),
      });
      if (context.ended.aborted) lock.close();
      entered = imageId;
      unsaved = readJournal(imageId);
      const kept = await read(imageId);
      const old = kept ? undefined : oldWork();
      return kept ?? (old?.imageId === imageId ? old : undefined);
    },
    restored(state, work) {
      const fresh: State = { ...state, keeping: { state: lock?.held === false ? "other-tab" : "kept" } };
      const { log, keeping } = work ? readLog(work.log) : { log: emptyLog(), keeping: undefined };
      if (work && keeping?.state === "damaged") void opened.then((library) => library?.putAside(work));
      if (keeping) return { ...fresh, keeping };
      const known = work ? withWork(fresh, work, log) : fresh;
      return unsaved && lock?.held ? withUnsaved(known, mergeLogs(log, unsaved)) : known;
    },
    async leave() {
      await save();
      entered = undefined;
      lock?.close();
      lock = undefined;
    },
    takeOver: () => lock?.ask(),
    adopt(work) {
      if (!isWriter() || store.state.keeping.state === "newer" || work.imageId !== entered) return false;
      store.set({ log: mergeLogs(store.state.log, parseLog(work.log)), preview: undefined });
      onChange();
      return true;
    },
  };
}

/** A log that cannot be read counts as empty, and is said. */
function readLog(text: string): { readonly log: PromptLog; readonly keeping?: Keeping } {
  try {
    return { log: parseLog(text) };
  } catch (thrown) {
    const newer = isSegmenterError(thrown, "NewerVersion");
    const keeping: Keeping = newer ? { state: "newer", version: thrown.detail.version } : { state: "damaged" };
    return { log: emptyLog(), keeping };
  }
}

function listenToStore({ store, ended: signal }: Context, save: () => Promise<void>): void {
  let { log } = store.state;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const unsubscribe = store.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(save, REST_MS);
    if (store.state.log === log) return;
    log = store.state.log;
    void save();
  });
  const leaving = (event: Event) => {
    const { keeping } = store.state;
    const unsaved = keeping.state === "full" || keeping.state === "unavailable";
    if (unsaved && log.entries.length > 0) event.preventDefault();
  };
  addEventListener("pagehide", () => void save(), { signal });
  document.addEventListener("visibilitychange", () => void save(), { signal });
  addEventListener("beforeunload", leaving, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    unsubscribe();
  });
}
