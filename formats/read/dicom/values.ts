/** Typed access to the elements of a data set. Errors name the tag and never quote a value. */
import { malformed } from "../../bytes/fail.ts";
import { type DataSet, type DicomElement, tagName } from "./tokens.ts";

/** Bytes turned into characters at once; more arguments overflow the stack. */
const CHUNK = 8192;

/** Bytes as characters 0 to 255. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

/** Codes and names are short: of anything longer the start will do. */
const TEXT_BYTES = 65_536;
/** A number for each of the most frames that we read fits well. */
const LIST_BYTES = 8 * TEXT_BYTES;

/** Text of a string element as it is stored, a character a byte, without padding; undefined when absent or empty. */
export function latin1Of(dataSet: DataSet, tag: number, limit = TEXT_BYTES): string | undefined {
  const element = dataSet.elements.get(tag);
  if (!element || element.length === 0 || element.items || element.fragments) return undefined;
  return latin1(bytesOf(dataSet, element).subarray(0, limit)).replaceAll("\0", " ").trim() || undefined;
}

/** Text of a string element, trimmed; non-ASCII bytes become "?" since nothing we read needs a character set. */
export function textOf(dataSet: DataSet, tag: number): string | undefined {
  return latin1Of(dataSet, tag)?.replaceAll(/[\x80-\xff]/g, "?");
}

/** A UID; undefined when absent or none. */
export function uidOf(dataSet: DataSet, tag: number): string | undefined {
  const text = latin1Of(dataSet, tag);
  return text && /^[0-9.]{1,64}$/.test(text) ? text : undefined;
}

/** Long lists are asked for once a frame: they are parsed once a data set, rubbish (undefined) too. */
const LONG_TEXT = 256;
const parsed = new WeakMap<DataSet, Map<number, number[] | undefined>>();

/** Backslash-separated DS or IS values; undefined when absent, MalformedFile when not numbers. */
export function decimalsOf(dataSet: DataSet, tag: number): number[] | undefined {
  const length = dataSet.elements.get(tag)?.length ?? 0;
  if (length === 0) return undefined;
  const known = parsed.get(dataSet);
  const values = known?.has(tag) ? known.get(tag) : parseDecimals(dataSet, tag, length);
  if (length > LONG_TEXT) parsed.set(dataSet, (known ?? new Map<number, number[] | undefined>()).set(tag, values));
  if (values === undefined) throw malformed("DICOM", tagName(tag), "It is not a number.");
  return values.length === 0 ? undefined : values;
}

/** None when there is nothing but padding; undefined when a value is no number. */
function parseDecimals(dataSet: DataSet, tag: number, length: number): number[] | undefined {
  if (length > LIST_BYTES) return undefined;
  const text = latin1Of(dataSet, tag, length);
  if (text === undefined) return [];
  const values = text.split("\\").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  return values.every(Number.isFinite) ? values : undefined;
}

/** First DS or IS value. */
export const decimalOf = (dataSet: DataSet, tag: number): number | undefined => decimalsOf(dataSet, tag)?.[0];

/** As `decimalsOf`, but rubbish counts as absent: for attributes that only help the display. */
export function lenientDecimalsOf(dataSet: DataSet, tag: number): number[] | undefined {
  try {
    return decimalsOf(dataSet, tag);
  } catch {
    return undefined;
  }
}

/** Unsigned 16-bit values of a US (or implicit) element. */
export function shortsOf(dataSet: DataSet, tag: number): number[] | undefined {
  const element = dataSet.elements.get(tag);
  if (!element || element.length === 0) return undefined;
  if (element.length % 2 !== 0 || !["US", "SS", "UN", "OW", "OB"].includes(element.vr))
    throw malformed("DICOM", tagName(tag), "It is not a 16-bit number.");
  return Array.from({ length: element.length / 2 }, (_, i) =>
    dataSet.view.getUint16(element.start + 2 * i, dataSet.littleEndian),
  );
}

/** The one US value of an element; undefined when absent. */
export function shortOf(dataSet: DataSet, tag: number): number | undefined {
  const values = shortsOf(dataSet, tag);
  if (values && values.length !== 1) throw malformed("DICOM", tagName(tag), "It is not one 16-bit number.");
  return values?.[0];
}

/** Value n of a 16-bit list, without reading the others; rubbish counts as absent. */
export function shortAt(dataSet: DataSet, tag: number, n: number): number | undefined {
  const element = dataSet.elements.get(tag);
  if (!element || element.items || 2 * (n + 1) > element.length) return undefined;
  return dataSet.view.getUint16(element.start + 2 * n, dataSet.littleEndian);
}

/** A 32-bit unsigned number. */
export function longOf(dataSet: DataSet, tag: number): number | undefined {
  const element = dataSet.elements.get(tag);
  if (element?.length !== 4 || element.items) return undefined;
  return dataSet.view.getUint32(element.start, dataSet.littleEndian);
}

/** First FD value. */
export const doubleOf = (dataSet: DataSet, tag: number): number | undefined => doublesOf(dataSet, tag)?.[0];

/** FD values, at most eight. */
export function doublesOf(dataSet: DataSet, tag: number): number[] | undefined {
  const element = dataSet.elements.get(tag);
  if (!element || element.length < 8 || element.items) return undefined;
  return Array.from({ length: Math.min(8, element.length >> 3) }, (_, i) =>
    dataSet.view.getFloat64(element.start + 8 * i, dataSet.littleEndian),
  );
}

/** Items of a sequence; none when absent. */
export const itemsOf = (dataSet: DataSet, tag: number): readonly DataSet[] => dataSet.elements.get(tag)?.items ?? [];

/** The bytes of an element, not copied. */
export const bytesOf = (dataSet: DataSet, { start, length }: DicomElement): Uint8Array =>
  dataSet.bytes.subarray(start, start + length);
