/** Data sets as bytes (PS3.5 §7, PS3.10 §7): explicit VR little endian, defined lengths, a preamble of zeros. */
import { deflateSync } from "fflate";

/** Texts are written as UTF-8; numbers of DS and IS as text; numbers of the other VRs as their type. */
export type ElementValue = string | readonly string[] | readonly number[] | Uint8Array | readonly DicomItem[];
export type DicomElement = readonly [tag: number, vr: string, value: ElementValue];
/** Elements in any order. */
export type DicomItem = readonly DicomElement[];

export interface DicomObject {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly elements: DicomItem;
  /** Implicit VR: its values may be longer than 64 KiB, which outlines in text are. */
  readonly implicit?: boolean;
}

const IMPLICIT_LITTLE = "1.2.840.10008.1.2";
const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
/** Above this the data set is deflated: masks are mostly runs, and every common reader inflates. */
const DEFLATE_FROM = 4 * 2 ** 20;

/** Our name among implementations (PS3.10 §7.1): a UUID-derived UID. */
const IMPLEMENTATION = "2.25.172013907441325047396171540839625913451";

/** VRs with two reserved bytes and a 32-bit length (PS3.5 §7.1.2). */
const LONG_VR = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const NUMBER_BYTES: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, AT: 4 };
/** Longest text of one value that the VR takes (PS3.5 §6.2), in characters. */
const MOST_CHARACTERS: Readonly<Record<string, number>> = { SH: 16, LO: 64, CS: 16, PN: 324, ST: 1024 };

/** VRs in which a backslash is a character. */
const FREE_TEXT = new Set(["ST", "LT", "UT", "UR"]);

/** A Part 10 file. Throws RangeError when a value does not fit its VR. */
export function writeDicom({
  sopClassUid,
  sopInstanceUid,
  elements,
  implicit = false,
}: DicomObject): Uint8Array<ArrayBuffer> {
  const body = encodeItem(elements, implicit);
  const deflated = !implicit && body.length > DEFLATE_FROM;
  const syntax = implicit ? IMPLICIT_LITTLE : deflated ? DEFLATED : EXPLICIT_LITTLE;
  const meta = encodeItem([
    [0x00020001, "OB", Uint8Array.of(0, 1)],
    [0x00020002, "UI", sopClassUid],
    [0x00020003, "UI", sopInstanceUid],
    [0x00020010, "UI", syntax],
    [0x00020012, "UI", IMPLEMENTATION],
    [0x00020013, "SH", "PROMPTOMY"],
  ]);
  const length = encodeItem([[0x00020000, "UL", [meta.length]]]);
  const magic = new TextEncoder().encode("DICM");
  return joined([new Uint8Array(128), magic, length, meta, deflated ? even(deflateSync(body), 0) : body]);
}

/** Elements in the order of their tags. */
export function encodeItem(elements: DicomItem, implicit = false): Uint8Array<ArrayBuffer> {
  return joined(elements.toSorted(([a], [b]) => a - b).flatMap((element) => encodeElement(element, implicit)));
}

function encodeElement([tag, vr, value]: DicomElement, implicit: boolean): Uint8Array[] {
  const parts = valueBytes(tag, vr, value, implicit);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const wide = !implicit && LONG_VR.has(vr);
  const head = new DataView(new ArrayBuffer(wide ? 12 : 8));
  head.setUint16(0, tag >>> 16, true);
  head.setUint16(2, tag & 0xffff, true);
  if (!implicit) for (const n of [0, 1]) head.setUint8(4 + n, vr.charCodeAt(n));
  if (wide) head.setUint32(8, length, true);
  else if (implicit) head.setUint32(4, length, true);
  else if (length > 0xfffe) throw new RangeError(`A ${vr} holds 65534 bytes, got ${length}.`);
  else head.setUint16(6, length, true);
  return [new Uint8Array(head.buffer), ...parts];
}

function valueBytes(tag: number, vr: string, value: ElementValue, implicit: boolean): Uint8Array[] {
  if (value instanceof Uint8Array) return [even(value, 0)];
  if (typeof value === "string") return [textBytes(vr, FREE_TEXT.has(vr) ? [value] : value.split("\\"))];
  if (vr === "SQ") return (value as readonly DicomItem[]).flatMap((item) => encodeSequenceItem(item, implicit)); // a sequence holds items
  const size = NUMBER_BYTES[vr];
  if (size !== undefined) return [numberBytes(vr, size, value as readonly number[])]; // a numeric VR holds numbers
  const texts = value.map((one) => (vr === "DS" && typeof one === "number" ? decimalString(one) : String(one)));
  if (texts.some((text) => text === "[object Object]")) throw new RangeError(`Items stand in ${tag} of VR ${vr}.`);
  return [textBytes(vr, texts)];
}

function encodeSequenceItem(item: DicomItem, implicit: boolean): Uint8Array[] {
  const body = encodeItem(item, implicit);
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, 0xe000fffe, true);
  head.setUint32(4, body.length, true);
  return [new Uint8Array(head.buffer), body];
}

function textBytes(vr: string, values: readonly string[]): Uint8Array {
  const most = MOST_CHARACTERS[vr];
  const kept = values.map((value) => (most === undefined ? value : [...value].slice(0, most).join("")));
  return even(new TextEncoder().encode(kept.join("\\")), vr === "UI" ? 0 : 0x20);
}

function numberBytes(vr: string, size: number, values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, n) => {
    const at = n * size;
    if (vr === "US") view.setUint16(at, value, true);
    else if (vr === "SS") view.setInt16(at, value, true);
    else if (vr === "UL") view.setUint32(at, value, true);
    else if (vr === "SL") view.setInt32(at, value, true);
    else if (vr === "FL") view.setFloat32(at, value, true);
    else if (vr === "FD") view.setFloat64(at, value, true);
    else {
      view.setUint16(at, value >>> 16, true);
      view.setUint16(at + 2, value & 0xffff, true);
    }
  });
  return new Uint8Array(view.buffer);
}

/** A number in at most 16 characters (PS3.5 §6.2, DS), as exact as they allow. */
export function decimalString(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`A DS holds a finite number, got ${value}.`);
  for (let digits = 17; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)) || 0);
    if (text.length <= 16) return text;
  }
  return value.toExponential(6);
}

function even(bytes: Uint8Array, padding: number): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const out = new Uint8Array(bytes.length + 1).fill(padding);
  out.set(bytes);
  return out;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
