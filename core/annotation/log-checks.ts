/** Checks lines of a stored prompt log by hand: core carries no schema library, and a log may come from any file. */
import type { LogEntry } from "./log.ts";

type Check = (value: unknown) => boolean;

const PLANES = ["native", "axial", "coronal", "sagittal"];

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => Number.isFinite(value);
const isCount: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
const isLabel: Check = (value) => value === "foreground" || value === "background";
const isPlane: Check = (value) => isText(value) && PLANES.includes(String(value));
const isPrompt: Check = (value) => byKind(value, PROMPTS);
const isVertex: Check = (value) => isList(value, isNumber) && value.length === 2;

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const listOf =
  (check: Check, least = 0): Check =>
  (value) =>
    isList(value, check) && value.length >= least;

const CORNERS = { x0: isNumber, y0: isNumber, x1: isNumber, y1: isNumber };

const WINDOW = shape({ center: isNumber, width: isNumber });

const PROMPTS: Readonly<Record<string, Check>> = {
  point: shape({ x: isNumber, y: isNumber, label: isLabel }),
  box: shape(CORNERS),
  scribble: shape({ points: listOf(isVertex, 1), label: isLabel }),
  lasso: shape({ points: listOf(isVertex, 3), label: isLabel }),
  mask: shape({ rle: shape({ size: listOf(isCount, 2), counts: listOf(isCount) }) }),
  text: shape({ text: isText }),
};

const AT = shape({
  imageId: isText,
  plane: isPlane,
  slice: isCount,
  window: (value) => value === null || WINDOW(value),
  crop: optional(shape(CORNERS)),
  model: optional(isText),
  embeddingId: optional(isText),
});

const ENTRIES: Readonly<Record<string, Check>> = {
  undo: () => true,
  redo: () => true,
  "add-object": shape({ objectId: isText, name: isText, color: isText }),
  "rename-object": shape({ objectId: isText, name: isText, color: isText }),
  "remove-object": shape({ objectId: isText }),
  prompt: shape({
    objectId: isText,
    at: AT,
    prompts: listOf(isPrompt, 1),
    multimask: optional((value) => typeof value === "boolean"),
  }),
  choose: shape({ objectId: isText, at: AT, candidate: isCount }),
  clear: shape({ objectId: isText, at: AT }),
};

/** Narrows a parsed value to a line of the log. */
export const isLogEntry = (value: unknown): value is LogEntry => byKind(value, ENTRIES);

function byKind(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  if (!isRecord(value) || typeof value.kind !== "string" || !Object.hasOwn(checks, value.kind)) return false;
  return checks[value.kind]?.(value) ?? false;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown, check: Check): value is readonly unknown[] {
  return Array.isArray(value) && value.every(check);
}
