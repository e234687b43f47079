/** The project file: work to hand over, with or without the image it belongs to. */

import { parseLog } from "../../../core/annotation/log-file.ts";
import { isDigest } from "../../../core/digest.ts";
import { SegmenterError } from "../../../core/errors.ts";
import { isRecord } from "../../../core/record.ts";
import type { Rle } from "../../../core/wire/index.ts";
import type { Work } from "./work.ts";

const FORMAT = "promptomy-project";
const VERSION = 1;

export interface Project {
  readonly works: readonly Work[];
  /** Masks that the logs hold by digest. */
  readonly masks: Readonly<Record<string, Rle>>;
}

export const PROJECT_SUFFIX = ".promptomy.json";

/** The file's text. Logs stand in it as JSON, not as text in text, so that a person can read them. */
export function serialiseProject({ works, masks }: Project): string {
  const written = works.map(({ log, ...work }) => ({ ...work, log: JSON.parse(log) as unknown }));
  return JSON.stringify({ format: FORMAT, version: VERSION, works: written, masks }, null, 1);
}

/** Is this file a project? Looks at its beginning only, whatever its name is. */
export async function isProject(file: Blob): Promise<boolean> {
  const start = (await file.slice(0, 64).text()).replaceAll(/\s/g, "");
  return start.startsWith(`{"format":"${FORMAT}"`);
}

/** Throws `MalformedFile` for what is no project, `NewerVersion` for one of a later release, and what `parseLog` throws. */
export function parseProject(text: string): Project {
  const value = jsonOf(text);
  if (!isRecord(value) || value.format !== FORMAT) throw malformed("format", "it is no Promptomy project");
  const { version, works, masks } = value;
  if (typeof version === "number" && version > VERSION)
    throw new SegmenterError("NewerVersion", { what: "project", version, supported: VERSION });
  if (!Array.isArray(works)) throw malformed("works", "a list is expected");
  // Masks are checked where they are used: their digests must be those of their run lengths.
  return { works: works.map(workFrom), masks: isRecord(masks) ? (masks as Record<string, Rle>) : {} };
}

function workFrom(value: unknown, index: number): Work {
  if (!isRecord(value) || !isDigest(value.imageId)) throw malformed(`works[${index}]`, "it names no image");
  const log = JSON.stringify(value.log);
  parseLog(log);
  const { name, modality, size, place, activeSegment, hidden, savedAt, segments, slices } = value;
  return {
    imageId: value.imageId,
    name: typeof name === "string" ? name : "",
    modality: typeof modality === "string" ? modality : "",
    size: isTriple(size) ? size : [0, 0, 0],
    segments: Number(segments) || 0,
    slices: Number(slices) || 0,
    savedAt: Number(savedAt) || 0,
    log,
    ...(isPlace(place) ? { place } : {}),
    ...(typeof activeSegment === "string" ? { activeSegment } : {}),
    hidden: Array.isArray(hidden) ? hidden.filter((id) => typeof id === "string") : [],
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("", "it is not JSON");
  }
}

const malformed = (field: string, reason: string) =>
  new SegmenterError("MalformedFile", { format: "project", field, reason });

const isTriple = (value: unknown): value is [number, number, number] =>
  Array.isArray(value) && value.length === 3 && value.every((item) => Number.isFinite(item));

const isWindow = (value: unknown): boolean =>
  value === null || (isRecord(value) && Number.isFinite(value.center) && Number.isFinite(value.width));

const isPlace = (value: unknown): value is NonNullable<Work["place"]> =>
  isRecord(value) &&
  typeof value.plane === "string" &&
  Number.isInteger(value.slice) &&
  isWindow(value.window) &&
  isWindow(value.encodeWindow);
