/**
 * The line just given, at once: a database needs a moment to save, and a tab that is closed or killed in that moment would
 * lose it. The log stands in localStorage, which writes before it returns, until the database has it.
 */
import type { PromptLog } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";

const KEY = "promptomy.unsaved:";

/** Full or forbidden storage is no failure here: the database is the place where the work is kept. */
export function writeJournal(imageId: string, log: PromptLog): void {
  try {
    localStorage.setItem(KEY + imageId, serialiseLog(log));
  } catch {
    clearJournal(imageId);
  }
}

export function clearJournal(imageId: string): void {
  try {
    localStorage.removeItem(KEY + imageId);
  } catch {
    // What cannot be written cannot be left behind.
  }
}

/** What the database may not have yet; `undefined` when it has all. */
export function readJournal(imageId: string): PromptLog | undefined {
  try {
    const text = localStorage.getItem(KEY + imageId);
    return text === null ? undefined : parseLog(text);
  } catch {
    return undefined;
  }
}
