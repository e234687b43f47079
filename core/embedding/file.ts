/** The embedding as it travels: a safetensors file in float32, float16 or int8 with scale and offset per channel. */

import { SegmenterError } from "../errors.ts";
import { fromFloat16, toFloat16 } from "../tensor/float16.ts";
import { readSafetensors, writeSafetensors } from "../tensor/safetensors.ts";
import { float32, type Tensor } from "../tensor/session.ts";
import { dequantise, quantise } from "./quantise.ts";

/** Precision on the wire. */
export type Wire = "f32" | "f16" | "i8";

/** Media type of each precision. */
export const EMBEDDING_MEDIA = {
  f32: "application/vnd.promptomy.embedding+f32",
  f16: "application/vnd.promptomy.embedding+f16",
  i8: "application/vnd.promptomy.embedding+i8",
} as const satisfies Record<Wire, string>;

type Tensors = Readonly<Record<string, Tensor>>;

/** Any float tensor as float32. */
export function asFloat32({ data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === "float16" && data instanceof Uint16Array) return fromFloat16(data);
  throw new RangeError(`Expected a float tensor, got ${type}.`);
}

/** With one tensor the names are plain `scale` and `offset`; with several (SAM 2) each carries its own. */
const sideName = (name: string, part: "scale" | "offset", single: boolean) => (single ? part : `${name}.${part}`);

/** Values too large for binary16 are kept finite: an infinite feature would poison every mask. */
const clampHalf = (values: Float32Array) => values.map((value) => Math.min(Math.max(value, -65504), 65504));

function wired(name: string, tensor: Tensor, wire: Wire, single: boolean): [string, Tensor][] {
  const values = asFloat32(tensor);
  const { dims } = tensor;
  if (wire === "f32") return [[name, float32(values, dims)]];
  if (wire === "f16") return [[name, { type: "float16", data: toFloat16(clampHalf(values)), dims }]];
  const channels = dims[1] ?? 1;
  const { data, scale, offset } = quantise(values, channels);
  return [
    [name, { type: "int8", data, dims }],
    [sideName(name, "scale", single), float32(scale, [channels])],
    [sideName(name, "offset", single), float32(offset, [channels])],
  ];
}

/** Float tensors `[1, C, H, W]` → bytes. The same tensors, wire and metadata always give the same bytes. */
export function encodeEmbedding(
  tensors: Tensors,
  wire: Wire,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(tensors);
  const all = entries.flatMap(([name, tensor]) => wired(name, tensor, wire, entries.length === 1));
  return writeSafetensors(Object.fromEntries(all), metadata);
}

function sideValues(tensors: Tensors, name: string, part: "scale" | "offset", channels: number): Float32Array {
  const found = tensors[`${name}.${part}`] ?? tensors[part];
  if (found?.data instanceof Float32Array && found.data.length === channels) return found.data;
  const reason = `${name} is int8 and needs ${channels} float32 values of ${part}.`;
  throw new SegmenterError("MalformedFile", { format: "embedding", field: part, reason });
}

function unwired(name: string, tensor: Tensor, tensors: Tensors): Tensor {
  if (!(tensor.data instanceof Int8Array)) return float32(asFloat32(tensor), tensor.dims);
  const channels = tensor.dims[1] ?? 1;
  const scale = sideValues(tensors, name, "scale", channels);
  const offset = sideValues(tensors, name, "offset", channels);
  return float32(dequantise({ data: tensor.data, scale, offset }), tensor.dims);
}

/** Bytes of any wire → float32 tensors by the encoder's output names. Throws MalformedFile. */
export function decodeEmbedding(bytes: Uint8Array): {
  tensors: Record<string, Tensor>;
  metadata: Record<string, string>;
} {
  const { tensors, metadata } = readSafetensors(bytes);
  const isSide = (name: string) => /(^|\.)(scale|offset)$/.test(name);
  const features = Object.entries(tensors).filter(([name]) => !isSide(name));
  const values = features.map(([name, tensor]): [string, Tensor] => [name, unwired(name, tensor, tensors)]);
  return { tensors: Object.fromEntries(values), metadata };
}

/** The same embedding at another precision, metadata kept. */
export function transcodeEmbedding(bytes: Uint8Array, wire: Wire): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = decodeEmbedding(bytes);
  return encodeEmbedding(tensors, wire, metadata);
}
