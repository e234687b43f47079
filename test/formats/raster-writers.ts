/** Small files of the research formats, written byte by byte: 2 × 3 × 4 voxels that count from 0. */
import { deflateRawSync } from "node:zlib";
import { isSegmenterError } from "../../core/errors.ts";
import { readImage } from "../../formats/index.ts";
import { concat, u16, u32 } from "./dicom-writer.ts";

export const text = (value: string) => new TextEncoder().encode(value);
export const count = (length: number) => Int16Array.from({ length }, (_, n) => n);
export const bytesOf = (values: Int16Array) => new Uint8Array(values.buffer);

export const read = (...files: Uint8Array[]) => readImage(files.map((bytes) => ({ bytes })));

/** An NRRD of 120 int16 values unless it is told otherwise. */
export function nrrd(fields: Record<string, string>, body: Uint8Array = bytesOf(count(120))): Uint8Array {
  const all = { type: "int16", encoding: "raw", endian: "little", ...fields };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return concat(text(`NRRD0005\n${lines.join("\n")}\n\n`), body);
}

/** What an upload is refused with. */
export const failure = async (...files: Uint8Array[]) => {
  const thrown = await read(...files).catch((error: unknown) => error);
  return isSegmenterError(thrown) ? JSON.stringify(thrown.detail) : "";
};

export const mhd = (fields: string) => text(`ObjectType = Image\nNDims = 3\nDimSize = 2 3 4\n${fields}\n`);

/** A 2 × 3 × 4 int16 NIfTI-1, single-file or the header of a pair. */
export function nifti(change: (view: DataView) => void = () => {}, pair = false): Uint8Array {
  const bytes = new Uint8Array(pair ? 348 : 400);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [i, value] of [3, 2, 3, 4, 1, 1, 1, 1].entries()) view.setInt16(40 + 2 * i, value, true);
  view.setInt16(70, 4, true);
  view.setInt16(72, 16, true);
  for (const [i, value] of [1, 0.5, 0.7, 3.3].entries()) view.setFloat32(76 + 4 * i, value, true);
  view.setFloat32(108, pair ? 0 : 352, true);
  bytes.set([0x6e, pair ? 0x69 : 0x2b, 0x31, 0], 344);
  if (!pair) bytes.set(bytesOf(count(24)), 352);
  change(view);
  return bytes;
}

export const floats =
  (at: number, ...values: number[]) =>
  (view: DataView) => {
    for (const [n, value] of values.entries()) view.setFloat32(at + 4 * n, value, true);
  };
export const shorts =
  (at: number, ...values: number[]) =>
  (view: DataView) => {
    for (const [n, value] of values.entries()) view.setInt16(at + 2 * n, value, true);
  };
export const all =
  (...changes: ((view: DataView) => void)[]) =>
  (view: DataView) => {
    for (const change of changes) change(view);
  };
export const SROW = floats(280, 2, 0, 0, 5, 0, 2, 0, 6, 0, 0, 3, 7);

interface Zipped {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly size?: number;
}

export function zip(files: readonly Zipped[]): Uint8Array {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const { name, bytes, size = bytes.length } of files) {
    const packed = new Uint8Array(deflateRawSync(bytes));
    const fields = concat(u16(20, 0, 8, 0, 0), u32(0, packed.length, size), u16(name.length, 0));
    const head = concat(u32(0x04034b50), fields, text(name), packed);
    central.push(concat(u32(0x02014b50), u16(20), fields, u16(0, 0, 0), u32(0, at), text(name)));
    local.push(head);
    at += head.length;
  }
  const directory = concat(...central);
  const end = concat(u32(0x06054b50), u16(0, 0, files.length, files.length), u32(directory.length, at), u16(0));
  return concat(...local, directory, end);
}
