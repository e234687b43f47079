/** Typed access to the elements of a data set. Errors name the tag and never quote a value. */
import { malformed } from "../../bytes/fail.ts";
import { type DataSet, type DicomElement, tagName } from "./tokens.ts";

/** Text of a string element, trimmed; non-ASCII bytes become "?" since nothing we read needs a character set. */
export function textOf(dataSet: DataSet, tag: number): string | undefined {
  const element = dataSet.elements.get(tag);
  if (!element || element.length === 0 || element.items) return undefined;
  const length = Math.min(element.length, 4096);
  let text = "";
  for (const byte of dataSet.bytes.subarray(element.start, element.start + length))
    text += byte === 0 ? " " : byte < 128 ? String.fromCharCode(byte) : "?";
  return text.trim() || undefined;
}

/** Backslash-separated DS or IS values; undefined when absent, MalformedFile when not numbers. */
export function decimalsOf(dataSet: DataSet, tag: number): number[] | undefined {
  const text = textOf(dataSet, tag);
  if (text === undefined) return undefined;
  return text.split("\\").map((part) => {
    const value = part.trim() === "" ? Number.NaN : Number(part);
    if (!Number.isFinite(value)) throw malformed("DICOM", tagName(tag), "It is not a number.");
    return value;
  });
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

/** First FD value. */
export function doubleOf(dataSet: DataSet, tag: number): number | undefined {
  const element = dataSet.elements.get(tag);
  if (!element || element.length < 8) return undefined;
  return dataSet.view.getFloat64(element.start, dataSet.littleEndian);
}

/** Items of a sequence; none when absent. */
export const itemsOf = (dataSet: DataSet, tag: number): readonly DataSet[] => dataSet.elements.get(tag)?.items ?? [];

/** The bytes of an element, not copied. */
export const bytesOf = (dataSet: DataSet, { start, length }: DicomElement): Uint8Array =>
  dataSet.bytes.subarray(start, start + length);
