/** A list of segments of one's own, as a JSON file: `{"segments": [{"name", "colour"?, "code"?: {"scheme", "value", "meaning"}}]}`. */
import { HEX_COLOUR } from "../../../core/colour.ts";
import { SegmenterError } from "../../../core/errors.ts";
import type { PresetSegment } from "../../../core/text/presets.ts";

/** More are no list that a person works through. */
const MOST = 256;
const LONGEST_NAME = 200;

/** Reads such a file. Throws MalformedFile with the field that is wrong. */
export function readPreset(text: string): readonly PresetSegment[] {
  const { segments } = objectAt(parsed(text), "file");
  if (!Array.isArray(segments) || segments.length === 0) throw wrong("segments", "expected a list of segments");
  if (segments.length > MOST) throw wrong("segments", `expected ${MOST} segments at most`);
  return segments.map((value: unknown, n) => segmentAt(objectAt(value, `segments[${n}]`), `segments[${n}]`));
}

function segmentAt({ name, colour, code }: Fields, path: string): PresetSegment {
  const given = textAt(name, `${path}.name`);
  if (colour !== undefined && !(typeof colour === "string" && HEX_COLOUR.test(colour)))
    throw wrong(`${path}.colour`, 'expected a colour such as "#56b4e9"');
  return {
    name: given,
    ...(colour === undefined ? {} : { colour }),
    ...(code === undefined ? {} : { code: codeAt(objectAt(code, `${path}.code`), `${path}.code`) }),
  };
}

const codeAt = ({ scheme, value, meaning }: Fields, path: string) => ({
  scheme: textAt(scheme, `${path}.scheme`),
  value: textAt(value, `${path}.value`),
  meaning: textAt(meaning, `${path}.meaning`),
});

type Fields = Readonly<Record<string, unknown>>;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong("file", "it is no JSON", cause);
  }
}

function objectAt(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null) throw wrong(path, "expected an object");
  return { ...value };
}

function textAt(value: unknown, path: string): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "" || text.length > LONGEST_NAME) throw wrong(path, `expected 1 to ${LONGEST_NAME} characters`);
  return text;
}

const wrong = (field: string, reason: string, cause?: unknown) =>
  new SegmenterError("MalformedFile", { format: "segment preset", field, reason }, { cause });
