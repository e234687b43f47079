/** The safetensors container (huggingface/safetensors, README "Format"), read strictly: it may come from anybody. */

import { SegmenterError } from "../errors.ts";
import type { Tensor, TensorType } from "./session.ts";

const DTYPES = {
  float32: "F32",
  float16: "F16",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  int8: "I8",
  bool: "BOOL",
} as const;
const WIDTH = { float32: 4, float16: 2, int64: 8, int32: 4, uint8: 1, int8: 1, bool: 1 } as const;
const METADATA = "__metadata__";

interface Entry {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const malformed = (field: string, reason: string) =>
  new SegmenterError("MalformedFile", { format: "safetensors", field, reason });

/** JSON in ASCII, so that no text encoder is needed. */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

const bytesOf = ({ data }: Tensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const sizeOf = (dims: readonly number[]) => dims.reduce((product, dim) => product * dim, 1);

/** Widest type first, then by name: every tensor is aligned and the same tensors always give the same bytes. */
function ordered(tensors: Readonly<Record<string, Tensor>>): [string, Tensor][] {
  return Object.entries(tensors).sort(([a, x], [b, y]) => WIDTH[y.type] - WIDTH[x.type] || (a < b ? -1 : 1));
}

/** Tensors and text metadata as one file. RangeError when a tensor's dims do not fit its data. */
export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const keys = Object.keys(metadata).sort();
  const header: [string, unknown][] = keys.length
    ? [[METADATA, Object.fromEntries(keys.map((key) => [key, metadata[key]]))]]
    : [];
  let end = 0;
  for (const [name, tensor] of ordered(tensors)) {
    const length = sizeOf(tensor.dims) * WIDTH[tensor.type];
    if (length !== tensor.data.byteLength)
      throw new RangeError(`${name}: [${tensor.dims}] takes ${length} bytes, got ${tensor.data.byteLength}.`);
    header.push([name, { dtype: DTYPES[tensor.type], shape: tensor.dims, data_offsets: [end, end + length] }]);
    end += length;
  }
  const json = asciiJson(Object.fromEntries(header));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(start + end).fill(32, 8, start);
  new DataView(out.buffer).setUint32(0, start - 8, true);
  for (let i = 0; i < json.length; i++) out[8 + i] = json.charCodeAt(i);
  let at = start;
  for (const [, tensor] of ordered(tensors)) {
    out.set(bytesOf(tensor), at);
    at += tensor.data.byteLength;
  }
  return out;
}

/** UTF-8 by way of percent-encoding, which the language itself can decode; throws on malformed sequences. */
function utf8(bytes: Uint8Array): string {
  let escaped = "";
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
  return decodeURIComponent(escaped);
}

function readHeader(bytes: Uint8Array, maxHeaderBytes: number): { header: [string, unknown][]; start: number } {
  if (bytes.length < 8) throw malformed("header length", "The file ends before it.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > maxHeaderBytes)
    throw new SegmenterError("TooLarge", { what: "safetensors header", value: length, limit: maxHeaderBytes });
  if (8 + length > bytes.length) throw malformed("header length", `${length} bytes, but the file ends before that.`);
  let header: unknown;
  try {
    header = JSON.parse(utf8(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw new SegmenterError(
      "MalformedFile",
      { format: "safetensors", field: "header", reason: "It is no JSON in UTF-8." },
      { cause },
    );
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw malformed("header", "It is no JSON object.");
  return { header: Object.entries(header), start: 8 + length };
}

const isNatural = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isNaturals = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNatural);

const typeOf = (dtype: unknown) => (Object.keys(DTYPES) as TensorType[]).find((type) => DTYPES[type] === dtype); // keys of a literal object

function entryOf([name, value]: [string, unknown]): Entry {
  if (typeof value !== "object" || value === null) throw malformed(name, "It is no object.");
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>; // checked field by field below
  const type = typeOf(dtype);
  if (!type) throw malformed(name, `The dtype ${JSON.stringify(dtype)} is not one of ${Object.values(DTYPES)}.`);
  if (!isNaturals(shape) || shape.length > 8) throw malformed(name, "The shape is no list of sizes.");
  if (!isNaturals(offsets) || offsets.length !== 2) throw malformed(name, "data_offsets are no pair of offsets.");
  const [begin, end] = offsets;
  if (end - begin !== sizeOf(shape) * WIDTH[type])
    throw malformed(
      name,
      `[${shape}] ${dtype} takes ${sizeOf(shape) * WIDTH[type]} bytes, the offsets give ${end - begin}.`,
    );
  return { name, type, dims: shape, begin, end };
}

/** The data section is covered once and completely: no hole to hide in, no byte with two meanings. */
function checkCover(entries: readonly Entry[], length: number) {
  let at = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw malformed(name, begin < at ? "It overlaps another tensor." : "There is a hole before it.");
    at = end;
  }
  if (at !== length) throw malformed("data", `The tensors cover ${at} of ${length} bytes.`);
}

function typed(type: TensorType, buffer: ArrayBuffer): Tensor["data"] {
  switch (type) {
    case "float32":
      return new Float32Array(buffer);
    case "float16":
      return new Uint16Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
    default:
      return type satisfies never;
  }
}

function readMetadata(header: readonly [string, unknown][]): Record<string, string> {
  const found = header.find(([name]) => name === METADATA)?.[1] ?? {};
  if (typeof found !== "object" || found === null) throw malformed(METADATA, "It is no object.");
  const entries = Object.entries(found);
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  if (texts.length !== entries.length) throw malformed(METADATA, "A value is no text.");
  return Object.fromEntries(texts);
}

/**
 * Tensors and metadata of a safetensors file; the data are copied out, aligned.
 * Throws MalformedFile for holes, overlaps, wrong sizes or unknown dtypes, TooLarge for a header over `maxHeaderBytes`.
 */
export function readSafetensors(
  bytes: Uint8Array,
  { maxHeaderBytes = 65_536 }: { maxHeaderBytes?: number } = {},
): { tensors: Record<string, Tensor>; metadata: Record<string, string> } {
  const { header, start } = readHeader(bytes, maxHeaderBytes);
  const entries = header.filter(([name]) => name !== METADATA).map(entryOf);
  checkCover(entries, bytes.length - start);
  const tensors = entries.map(({ name, type, dims, begin, end }): [string, Tensor] => {
    const copy = new Uint8Array(bytes.subarray(start + begin, start + end));
    return [name, { type, dims, data: typed(type, copy.buffer) }];
  });
  return { tensors: Object.fromEntries(tensors), metadata: readMetadata(header) };
}
