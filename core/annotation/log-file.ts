/** The prompt log as text: its lines, not what they come to. Older versions are read; a newer one is refused by name, never dropped. */

import { SegmenterError } from "../errors.ts";
import { isRecord } from "../record.ts";
import type { LogEntry } from "./entries.ts";
import { isLogEntry } from "./entry-checks.ts";
import { type PromptLog, replay } from "./log.ts";

/**
 * 1: objects with a `color`, numbered by their ids. 2: segments with a number, a colour and a lock; kept masks. 3: lengths,
 * angles and probes; groups of segments.
 */
const VERSION = 3;

/** The log as JSON text. */
export const serialiseLog = ({ entries }: PromptLog): string => JSON.stringify({ version: VERSION, entries });

/**
 * Reads `serialiseLog`'s text. Throws `InvalidRequest` that names the first bad line, and `NewerVersion` for a log of a
 * later release: the caller keeps the text and says so.
 */
export function parseLog(text: string): PromptLog {
  const entries = entriesOf(text);
  const bad = entries.findIndex((entry) => !isLogEntry(entry));
  if (bad >= 0)
    throw invalid(`Line ${bad} of the prompt log is not a line that this version knows.`, `entries[${bad}]`);
  return replay(entries.filter(isLogEntry));
}

function entriesOf(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("A prompt log is JSON.", "", cause);
  }
  const { version, entries } = isRecord(value) ? value : { version: undefined, entries: undefined };
  if (typeof version === "number" && version > VERSION)
    throw new SegmenterError("NewerVersion", { what: "prompt log", version, supported: VERSION });
  if (version !== VERSION && version !== 2 && version !== 1)
    throw invalid(`The version of a prompt log is 1 to ${VERSION}, got ${version}.`, "version");
  if (!Array.isArray(entries)) throw invalid("A prompt log has a list of lines.", "entries");
  return version === 1 ? upgraded(entries) : entries;
}

const invalid = (reason: string, path: string, cause?: unknown) =>
  new SegmenterError("InvalidRequest", { reason, path }, { cause });

const KINDS: Readonly<Record<string, LogEntry["kind"]>> = {
  "add-object": "add-segment",
  "rename-object": "change-segment",
  "remove-object": "remove-segment",
};

/** Lines of version 1 as lines of this one; what is no line of version 1 stays as it is and is refused by its check. */
function upgraded(lines: readonly unknown[]): unknown[] {
  const numbers = new Map<unknown, number>();
  return lines.map((line) => {
    if (!isRecord(line)) return line;
    const { objectId, color, kind, at, ...rest } = line;
    const segment = objectId === undefined ? {} : { segmentId: objectId };
    const look = color === undefined ? {} : { colour: color };
    const place = isRecord(at) ? { at: withoutEmbedding(at) } : {};
    const number = kind === "add-object" ? { number: numberOf(objectId, numbers) } : {};
    return { ...rest, kind: KINDS[String(kind)] ?? kind, ...segment, ...number, ...look, ...place };
  });
}

const withoutEmbedding = ({ embeddingId: _cached, ...at }: Record<string, unknown>) => at;

/** Version 1 numbered by the id, "label-3"; any other id takes the next free number. */
function numberOf(objectId: unknown, numbers: Map<unknown, number>): number {
  const said = Number(/^label-(\d+)$/.exec(String(objectId))?.[1]);
  const taken = new Set(numbers.values());
  let number = Number.isInteger(said) && said > 0 ? said : 1;
  while (taken.has(number)) number++;
  numbers.set(objectId, number);
  return number;
}

/** What a mask's digest is taken of: its size and run lengths. */
export const maskDigestText = ({ size, counts }: { size: readonly number[]; counts: readonly number[] }): string =>
  JSON.stringify(["mask", size, counts]);
