/** What the numbers of a labelmap mean, from the files beside it: our JSON, the table of BIDS, and a state of VolView. */
import type { Code } from "../../../core/annotation/entries.ts";
import { HEX_COLOUR, hexColour } from "../../../core/colour.ts";
import { isRecord } from "../../../core/record.ts";
import type { ZipEntry } from "../../bytes/zip.ts";
import { jsonIn, listIn, textIn } from "./json.ts";
import type { LabelFile } from "./layer.ts";

export interface Label {
  readonly name: string;
  /** `#rrggbb`. */
  readonly colour?: string;
  readonly code?: Code;
}

export interface Legend {
  /** By number, in the order of the list. */
  readonly labels: ReadonlyMap<number, Label>;
  /** Of a 4-D file each volume is a segment, in the order of the list. */
  readonly stacked: boolean;
}

/** The legend of one file of an archive; empty when nothing says what its numbers mean. */
export function legendOf(file: string, entries: readonly ZipEntry[]): Legend {
  const spelled = new TextDecoder().decode(Uint8Array.from(file, (character) => character.charCodeAt(0)));
  const texts = entries.filter(({ name }) => /\.json$/i.test(name)).map(({ bytes }) => jsonIn(bytes));
  const tables = entries.filter(({ name }) => /\.tsv$/i.test(name));
  const found =
    texts.map((json) => volviewLegend(json, spelled)).find((labels) => labels) ??
    texts.map(ownLegend).find((labels) => labels) ??
    tables.map(({ bytes }) => tableLegend(bytes)).find((labels) => labels);
  return { labels: new Map(found), stacked: texts.some((json) => isRecord(json) && json.overlap === "4d") };
}

type Rows = readonly (readonly [number, Label])[];

/** An empty list is no legend. */
const filled = (rows: Rows): Rows | undefined => (rows.length > 0 ? rows : undefined);

/** `segments` of what stands beside an exported labelmap. */
function ownLegend(json: unknown): Rows | undefined {
  const segments = isRecord(json) ? listIn(json.segments) : [];
  return filled(segments.filter(isRecord).flatMap((segment) => rowOf(segment.number, segment)));
}

/** `segmentGroups`, each with the source that is its labelmap. */
function volviewLegend(json: unknown, file: string): Rows | undefined {
  if (!isRecord(json)) return undefined;
  const source = listIn(json.dataSources).find((entry) => isRecord(entry) && entry.uri === file);
  const id = isRecord(source) ? source.id : undefined;
  const group = listIn(json.segmentGroups).find((entry) => isRecord(entry) && entry.dataSourceId === id);
  if (id === undefined || !isRecord(group) || !isRecord(group.metadata) || !isRecord(group.metadata.segments))
    return undefined;
  const { byValue } = group.metadata.segments;
  const segments = isRecord(byValue) ? Object.values(byValue).filter(isRecord) : [];
  return filled(
    segments.flatMap((segment) => rowOf(segment.value, { name: segment.name, colour: colourOf(segment.color) })),
  );
}

/** `index`, `name` and `color`, in any order of columns. */
function tableLegend(bytes: Uint8Array): Rows | undefined {
  const [head = [], ...rows] = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .map((line) => line.split("\t"));
  const [index, name, colour] = ["index", "name", "color"].map((column) => head.indexOf(column));
  if (index === undefined || name === undefined || index < 0 || name < 0) return undefined;
  return filled(
    rows.flatMap((row) => rowOf(Number(row[index] || Number.NaN), { name: row[name], colour: row[colour ?? -1] })),
  );
}

function rowOf(number: unknown, { name, colour, code }: Readonly<Record<string, unknown>>): Rows {
  if (typeof number !== "number" || !Number.isInteger(number) || number < 1 || typeof name !== "string") return [];
  const known = codeOf(code);
  const shade = shadeOf(colour);
  return [[number, { name, ...(shade && { colour: shade }), ...(known && { code: known }) }]];
}

function codeOf(code: unknown): Code | undefined {
  if (!isRecord(code)) return undefined;
  const [scheme, value, meaning] = [textIn(code.scheme, 16), textIn(code.value, 64), textIn(code.meaning, 64)];
  return scheme && value && meaning ? { scheme, value, meaning } : undefined;
}

/** Red, green and blue from 0 to 255; an alpha may follow. */
export function colourOf(parts: unknown): string | undefined {
  const rgb = listIn(parts).slice(0, 3);
  const isByte = (part: unknown): part is number => typeof part === "number" && part >= 0 && part <= 255;
  if (rgb.length < 3 || !rgb.every(isByte)) return undefined;
  return hexColour(rgb);
}

/** `#rrggbb` as we write it; `undefined` for anything else. */
export const shadeOf = (colour: unknown): string | undefined =>
  typeof colour === "string" && HEX_COLOUR.test(colour) ? colour.toLowerCase() : undefined;

/** The segments of a labelmap under their names. `number` is the one that a file of a single mask stands for. */
export function withNames(file: LabelFile, { labels, stacked }: Legend, number?: number): LabelFile {
  const order = [...labels.keys()];
  const segments = file.segments.map((segment) => {
    const meant = number ?? (stacked ? (order[segment.layer] ?? segment.number) : segment.number);
    const label = labels.get(meant);
    const isNamed = !segment.name.startsWith("Label "); // by the file itself
    return isNamed || !label ? segment : { ...segment, ...label };
  });
  return { ...file, segments };
}
