/** DICOM objects by tag, for tests of which object is which: 4 rows, 3 columns, 16 bits, every value the number given. */
import { dicom, element, item, type Part, sequence, u16 } from "./dicom-writer.ts";

export type Elements = Record<number, Part>;

const text = (tag: number, vr: string, value: string): Elements => ({ [tag]: element(tag, vr, value) });
export const cs = (tag: number, value: string) => text(tag, "CS", value);
export const ds = (tag: number, ...values: (number | string)[]) => text(tag, "DS", values.join("\\"));
export const is = (tag: number, ...values: (number | string)[]) => text(tag, "IS", values.join("\\"));
export const ui = (tag: number, value: string) => text(tag, "UI", value);
export const us = (tag: number, ...values: number[]): Elements => ({ [tag]: element(tag, "US", u16(...values)) });
export const fd = (tag: number, ...values: number[]): Elements => ({
  [tag]: element(tag, "FD", new Uint8Array(Float64Array.from(values).buffer)),
});
export const sq = (tag: number, ...items: Elements[]): Elements => ({
  [tag]: sequence(tag, ...items.map((elements) => item(...inOrder(elements)))),
});

const inOrder = (elements: Elements): Part[] =>
  Object.keys(elements)
    .map(Number)
    .sort((a, b) => a - b)
    .map((tag) => elements[tag]!);

export const CLASS = {
  ct: "1.2.840.10008.5.1.4.1.1.2",
  mr: "1.2.840.10008.5.1.4.1.1.4",
  pet: "1.2.840.10008.5.1.4.1.1.128",
  nm: "1.2.840.10008.5.1.4.1.1.20",
  us: "1.2.840.10008.5.1.4.1.1.3.1",
  xa: "1.2.840.10008.5.1.4.1.1.12.1",
  dose: "1.2.840.10008.5.1.4.1.1.481.2",
  seg: "1.2.840.10008.5.1.4.1.1.66.4",
  capture: "1.2.840.10008.5.1.4.1.1.7",
} as const;

export interface ObjectParts {
  readonly modality?: string;
  readonly sop?: string;
  readonly series?: string;
  readonly instance?: number;
  readonly frames?: number;
  readonly value?: number;
  readonly more?: Elements;
  readonly syntax?: string;
}

let counter = 0;

/** An object as a file. */
export function object({
  modality = "CT",
  sop = CLASS.ct,
  series = "1.2.3",
  instance = 1,
  frames = 1,
  value = instance,
  more = {},
  syntax = "1.2.840.10008.1.2.1",
}: ObjectParts = {}) {
  const pixels = u16(...Array<number>(12 * frames).fill(value));
  const elements: Elements = {
    ...ui(0x00080016, sop),
    ...ui(0x00080018, `1.2.9.${++counter}`),
    ...cs(0x00080060, modality),
    ...ui(0x0020000d, "1.2"),
    ...ui(0x0020000e, series),
    ...is(0x00200013, instance),
    ...us(0x00280002, 1),
    ...cs(0x00280004, "MONOCHROME2"),
    ...(frames > 1 ? is(0x00280008, frames) : {}),
    ...us(0x00280010, 4),
    ...us(0x00280011, 3),
    ...us(0x00280100, 16),
    ...us(0x00280101, 16),
    ...us(0x00280102, 15),
    ...us(0x00280103, 0),
    ...more,
  };
  return { bytes: dicom([...inOrder(elements), element(0x7fe00010, "OW", pixels)], syntax) };
}

/** Position, orientation and pitch of an axial slice. */
export const at = (z: number, { x = 0, y = 0, pitch = [0.7, 0.5] } = {}): Elements => ({
  ...ds(0x00200032, x, y, z),
  ...ds(0x00200037, 1, 0, 0, 0, 1, 0),
  ...ds(0x00280030, ...pitch),
});

/** Axial slices of one series at these places. */
export const stack = (places: readonly number[], parts: ObjectParts = {}) =>
  places.map((z, n) => object({ instance: n + 1, value: n + 1, ...parts, more: { ...at(z), ...parts.more } }));

export const steps = (count: number, step: number, from = 0) =>
  Array.from({ length: count }, (_, n) => from + n * step);
