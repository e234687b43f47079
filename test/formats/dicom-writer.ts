/** A small explicit-VR writer, so that every broken DICOM file is made at test time (tests.md 6.1). */
import { concatBytes } from "../../formats/bytes/bytes.ts";

export type Part = Uint8Array;

const LONG = new Set(["OB", "OW", "SQ", "UN", "UT"]);
const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

export const concat = (...parts: readonly Part[]) => concatBytes(parts);

export const u16 = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
export const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

const even = (bytes: Uint8Array, pad: number) => (bytes.length % 2 ? concat(bytes, Uint8Array.of(pad)) : bytes);

/** One element; `length` lies about it. */
export function element(tag: number, vr: string, value: string | Uint8Array, length?: number): Part {
  const bytes = typeof value === "string" ? even(ascii(value), vr === "UI" ? 0 : 0x20) : even(value, 0);
  const head = concat(u16(tag >>> 16, tag & 0xffff), ascii(vr));
  return LONG.has(vr)
    ? concat(head, u16(0), u32(length ?? bytes.length), bytes)
    : concat(head, u16(length ?? bytes.length), bytes);
}

export function item(...parts: Part[]): Part {
  const body = concat(...parts);
  return concat(u16(0xfffe, 0xe000), u32(body.length), body);
}

export const sequence = (tag: number, ...items: Part[]) => element(tag, "SQ", concat(...items));

/** Preamble, meta group and data set. */
export function dicom(body: readonly Part[], syntax = "1.2.840.10008.1.2.1"): Uint8Array<ArrayBuffer> {
  const meta = element(0x00020010, "UI", syntax);
  return concat(new Uint8Array(128), ascii("DICM"), element(0x00020000, "UL", u32(meta.length)), meta, ...body);
}

export interface ImageParts {
  rows?: number;
  columns?: number;
  frames?: string;
  samples?: number;
  allocated?: number;
  stored?: number;
  signed?: boolean;
  photometric?: string;
  instance?: number;
  series?: string;
  position?: string;
  orientation?: string;
  spacing?: string;
  slope?: string;
  intercept?: string;
  pixels?: Part;
  extra?: Part[];
}

/** Elements of an image, in tag order; anything may be overridden. */
export function image(parts: ImageParts = {}): Part[] {
  const { rows = 4, columns = 3, samples = 1, allocated = 16, stored = allocated, signed = false } = parts;
  const pixels = parts.pixels ?? element(0x7fe00010, "OW", new Uint8Array((rows * columns * samples * allocated) / 8));
  const text = (tag: number, vr: string, value: string | undefined) =>
    value === undefined ? [] : [element(tag, vr, value)];
  return [
    element(0x00080060, "CS", "CT"),
    element(0x0020000e, "UI", parts.series ?? "1.2.3"),
    element(0x00200013, "IS", String(parts.instance ?? 1)),
    ...text(0x00200032, "DS", parts.position),
    ...text(0x00200037, "DS", parts.orientation),
    element(0x00280002, "US", u16(samples)),
    element(0x00280004, "CS", parts.photometric ?? "MONOCHROME2"),
    ...text(0x00280008, "IS", parts.frames),
    element(0x00280010, "US", u16(rows)),
    element(0x00280011, "US", u16(columns)),
    ...text(0x00280030, "DS", parts.spacing),
    element(0x00280100, "US", u16(allocated)),
    element(0x00280101, "US", u16(stored)),
    element(0x00280102, "US", u16(stored - 1)),
    element(0x00280103, "US", u16(signed ? 1 : 0)),
    ...text(0x00281052, "DS", parts.intercept),
    ...text(0x00281053, "DS", parts.slope),
    ...(parts.extra ?? []),
    pixels,
  ];
}
