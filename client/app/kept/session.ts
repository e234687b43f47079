/** What this tab had open, and the studies that this browser has seen; and the session of earlier releases. */
import { append, type PromptLog } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import type { Digest } from "../../../core/digest.ts";
import { isDigest } from "../../../core/digest.ts";
import type { Place, Work } from "./work.ts";

const IMAGE = "promptomy.image";
const WARNINGS = "promptomy.warnings-read:";
const STUDY = "promptomy.study";
const OLD_SESSION = "promptomy.session";

interface LastImage {
  readonly imageId: Digest;
  readonly name: string;
}

export const rememberImage = (image: LastImage): void => sessionStorage.setItem(IMAGE, JSON.stringify(image));

/** The image of this tab before it was reloaded. */
export function lastImage(): LastImage | undefined {
  const { imageId, name } = recordIn(sessionStorage.getItem(IMAGE)) ?? oldSession() ?? {};
  return isDigest(imageId) && typeof name === "string" ? { imageId, name } : undefined;
}

/** The reader's warnings of these images have been read in this tab. */
export const rememberWarningsRead = (imageId: Digest): void => sessionStorage.setItem(`${WARNINGS}${imageId}`, "1");
export const warningsRead = (imageId: Digest): boolean => sessionStorage.getItem(`${WARNINGS}${imageId}`) !== null;

export const rememberStudy = (imageId: Digest): void => localStorage.setItem(STUDY, imageId);
export const seenStudy = (imageId: Digest): boolean => localStorage.getItem(STUDY) === imageId;

function recordIn(text: string | null): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const oldSession = () => recordIn(sessionStorage.getItem(OLD_SESSION));

/** The work of a release that kept it in the tab alone, as it is kept now; `undefined` for none, and for one that is damaged. */
export function oldWork(): Work | undefined {
  const saved = oldSession();
  const old = saved && readable(saved.log);
  if (!saved || !isDigest(saved.imageId) || !old) return undefined;
  const hidden = textsIn(saved.hidden);
  const log = lockedIn(old, textsIn(saved.accepted));
  const { plane, slice, window, encodeWindow } = saved;
  return {
    imageId: saved.imageId,
    name: String(saved.name ?? ""),
    modality: "",
    size: [0, 0, 0],
    segments: 0,
    slices: 0,
    savedAt: Date.now(),
    log: serialiseLog(log),
    // Written by that release from its own state.
    place: { plane, slice, window, encodeWindow } as Place,
    ...(typeof saved.activeLabel === "string" ? { activeSegment: saved.activeLabel } : {}),
    hidden,
  };
}

function readable(text: unknown): PromptLog | undefined {
  try {
    return parseLog(String(text));
  } catch {
    return undefined;
  }
}

export const forgetOldWork = (): void => sessionStorage.removeItem(OLD_SESSION);

const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** What was accepted then is locked now. */
const lockedIn = (log: PromptLog, accepted: readonly string[]): PromptLog =>
  accepted.reduce((done, segmentId) => append(done, { kind: "change-segment", segmentId, locked: true }), log);
