/** Checks lines of a stored prompt log by hand: core carries no schema library, and a log may come from any file. */

import { isDigest } from "../digest.ts";
import { PLANES } from "../image/volume.ts";
import { isRecord } from "../record.ts";
import type { PromptKind } from "../wire/prompt.ts";
import type { LogEntry } from "./entries.ts";
import { POINTS_OF } from "./measurements.ts";

type Check = (value: unknown) => boolean;

const REVIEW_STATES = ["to-do", "done", "checked"];
const KEPT_ORIGINS = ["edited", "propagated", "interpolated", "imported"];

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => Number.isFinite(value);
const isFlag: Check = (value) => typeof value === "boolean";
const isCount: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
const isLabel: Check = (value) => value === "foreground" || value === "background";
const isPrompt: Check = (value) => byKind(value, PROMPTS);
const isVertex: Check = (value) => isList(value, isNumber) && value.length === 2;

const oneOf =
  (allowed: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && allowed.includes(value);

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
const CODE = shape({ scheme: isText, value: isText, meaning: isText });

/** A new kind of prompt does not compile without its check. */
const PROMPTS: Readonly<Record<PromptKind, Check>> = {
  point: shape({ x: isNumber, y: isNumber, label: isLabel }),
  box: shape(CORNERS),
  scribble: shape({ points: listOf(isVertex, 1), label: isLabel }),
  lasso: shape({ points: listOf(isVertex, 3), label: isLabel }),
  mask: shape({ rle: shape({ size: listOf(isCount, 2), counts: listOf(isCount) }) }),
  text: shape({ text: isText }),
};

const SLICE = { imageId: isDigest, plane: oneOf(PLANES), slice: isCount };
const AT = shape(SLICE);
const ENCODED = shape({
  ...SLICE,
  window: (value) => value === null || WINDOW(value),
  crop: optional(shape(CORNERS)),
  model: optional(isText),
});
const KEPT = shape({
  at: AT,
  mask: isDigest,
  predictedIou: optional(isNumber),
  byName: optional(isFlag),
  doubtful: optional(isFlag),
});
const SEGMENT = { segmentId: isText };
const MEASURED = { measurementId: isText, at: AT, points: listOf(isVertex, 1), values: optional(listOf(isNumber, 1)) };
const hasItsPoints: Check = (value) =>
  isRecord(value) &&
  Object.entries(POINTS_OF).some(
    ([tool, count]) => value.tool === tool && isList(value.points, isVertex) && value.points.length === count,
  );
const GROUPED = shape({ group: optional(isText) });

/** A new kind of line does not compile without its check. */
const ENTRIES: Readonly<Record<LogEntry["kind"], Check>> = {
  undo: () => true,
  redo: () => true,
  "add-segment": shape({
    ...SEGMENT,
    number: (value) => isCount(value) && value !== 0,
    name: isText,
    colour: isText,
    code: optional(CODE),
  }),
  "change-segment": shape({
    ...SEGMENT,
    name: optional(isText),
    colour: optional(isText),
    code: optional(CODE),
    locked: optional(isFlag),
    review: optional(oneOf(REVIEW_STATES)),
    groupName: optional(isText),
  }),
  "remove-segment": shape(SEGMENT),
  "order-segments": shape({ segmentIds: listOf(isText) }),
  prompt: shape({ ...SEGMENT, at: ENCODED, prompts: listOf(isPrompt, 1), multimask: optional(isFlag) }),
  choose: shape({ ...SEGMENT, at: AT, candidate: isCount }),
  clear: shape({ ...SEGMENT, at: AT }),
  masks: shape({ ...SEGMENT, origin: oneOf(KEPT_ORIGINS), masks: listOf(KEPT, 1) }),
  "add-measurement": (value) => shape(MEASURED)(value) && hasItsPoints(value),
  "move-measurement": shape(MEASURED),
  "remove-measurement": shape({ measurementId: isText, at: AT }),
};

/** Narrows a parsed value to a line of the log. */
export const isLogEntry = (value: unknown): value is LogEntry => byKind(value, ENTRIES) && GROUPED(value);

function byKind(value: unknown, checks: Readonly<Record<string, Check>>): boolean {
  if (!isRecord(value) || typeof value.kind !== "string" || !Object.hasOwn(checks, value.kind)) return false;
  return checks[value.kind]?.(value) ?? false;
}

function isList(value: unknown, check: Check): value is readonly unknown[] {
  return Array.isArray(value) && value.every(check);
}
