/** The session of this tab: the prompt log and where the user was. Kept in sessionStorage, so closing the tab forgets it. */
import { parseLog, serialiseLog } from "../../../core/annotation/log.ts";
import type { Digest } from "../../../core/digest.ts";
import type { NamedWindow, Plane } from "../../../core/image/volume.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../state/store.ts";

const KEY = "promptomy.session";
const VERSION = 1;
const SAVE_DELAY_MS = 200;

/** What survives a reload. */
export interface Saved {
  readonly version: typeof VERSION;
  readonly imageId: Digest;
  readonly name: string;
  readonly plane: Plane;
  readonly slice: number;
  readonly window: NamedWindow | null;
  readonly encodeWindow: NamedWindow | null;
  readonly log: string;
  readonly activeLabel: string | undefined;
  readonly hidden: readonly string[];
  readonly accepted: readonly string[];
}

/** The saved session of this tab; one of another version, or a damaged one, counts as none. */
export function readSaved(): Saved | undefined {
  try {
    const saved = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Saved | null; // written by `save` below
    if (saved?.version !== VERSION) return undefined;
    parseLog(saved.log);
    return saved;
  } catch {
    return undefined;
  }
}

/** The state with a saved session in it; its study must already be open. */
export function restoreSaved(state: State, saved: Saved): State {
  const { study } = state;
  const plane = study?.info.planes.find((candidate) => candidate.plane === saved.plane);
  if (!study || !plane) return state;
  const slice = Math.min(saved.slice, plane.count - 1);
  const { window, encodeWindow } = saved;
  return {
    ...state,
    study: { ...study, plane, slice, sliceByPlane: { [saved.plane]: slice }, window, encodeWindow },
    log: parseLog(saved.log),
    activeLabel: saved.activeLabel,
    hidden: new Set(saved.hidden),
    accepted: new Set(saved.accepted),
  };
}

/** Saves shortly after each change that is worth it. */
export function persistSession(store: Store): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saved = "";
  const save = () => {
    clearTimeout(timer);
    const text = textOf(store.state);
    if (!text || text === saved) return;
    saved = text;
    sessionStorage.setItem(KEY, text);
  };
  store.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_DELAY_MS);
  });
  addEventListener("pagehide", save);
}

function textOf({ study, log, activeLabel, hidden, accepted }: State): string | undefined {
  if (!study) return undefined;
  const saved: Saved = {
    version: VERSION,
    imageId: study.info.imageId,
    name: study.name,
    plane: study.plane.plane,
    slice: study.slice,
    window: study.window,
    encodeWindow: study.encodeWindow,
    log: serialiseLog(log),
    activeLabel,
    hidden: [...hidden],
    accepted: [...accepted],
  };
  return JSON.stringify(saved);
}
