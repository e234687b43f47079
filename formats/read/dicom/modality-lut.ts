/** Modality LUT Sequence (PS3.3 C.11.1): a table from stored values to modality values, in place of slope and intercept. */
import type { VoxelArray } from "../../../core/image/volume.ts";
import { malformed } from "../../bytes/fail.ts";
import type { DataSet } from "./tokens.ts";
import { itemsOf, shortsOf } from "./values.ts";

export interface ModalityLut {
  readonly first: number;
  readonly entries: readonly number[];
}

/** The table of a data set, if it has one. Throws MalformedFile. */
export function readModalityLut(dataSet: DataSet, signed: boolean): ModalityLut | undefined {
  const [item] = itemsOf(dataSet, 0x00283000);
  if (!item) return undefined;
  const [declared = 0, first = 0] = shortsOf(item, 0x00283002) ?? [];
  const entries = shortsOf(item, 0x00283006) ?? [];
  const count = declared === 0 ? 65536 : declared;
  if (entries.length < count) throw malformed("DICOM", "(0028,3006)", `It has ${entries.length} of ${count} entries.`);
  return { first: signedShort(first, signed), entries: entries.slice(0, count) };
}

/** Reads 16 bits as two's complement when `signed`. */
export const signedShort = (value: number, signed: boolean) => (signed && value > 32767 ? value - 65536 : value);

/** Values outside the table take its nearest entry. */
export function applyModalityLut(values: VoxelArray, { first, entries }: ModalityLut): Uint16Array {
  const last = entries.length - 1;
  return Uint16Array.from(values, (value) => entries[Math.min(last, Math.max(0, value - first))] ?? 0);
}
