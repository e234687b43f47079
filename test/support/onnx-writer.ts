/** A small ONNX writer: protobuf by hand (onnx.proto3, IR 8, opset 17), so that tests need no weights and no Python. */

type Bytes = Uint8Array<ArrayBuffer>;

export type Elem = "float32" | "int64" | "bool" | "uint8";
const ELEM = { float32: 1, uint8: 2, int64: 7, bool: 9 } as const;

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Other than ONNX's own: for tests of refusal. */
  readonly domain?: string;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: Elem;
  /** A text is a symbolic size. */
  readonly dims: readonly (number | string)[];
}

export interface OnnxInitializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
  /** Data outside the file: for tests of refusal. */
  readonly externalLocation?: string;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers?: readonly OnnxInitializer[];
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function varint(value: number | bigint): Bytes {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...out, Number(rest)]);
}

const int = (field: number, value: number | bigint) => concat([varint(field << 3), varint(value)]);
const bytes = (field: number, ...body: readonly Uint8Array[]) => {
  const all = concat(body);
  return concat([varint((field << 3) | 2), varint(all.length), all]);
};
const text = (field: number, value: string) => bytes(field, new TextEncoder().encode(value));
const float = (field: number, value: number) =>
  concat([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);

function attribute([name, value]: [string, Attribute]): Bytes {
  const body = (type: number, ...parts: Bytes[]) => bytes(5, text(1, name), ...parts, int(20, type));
  if (typeof value === "number") return body(2, int(3, value));
  if (typeof value === "string") return body(3, text(4, value));
  if ("float" in value) return body(1, float(2, value.float));
  return body(7, ...value.map((v) => int(8, v)));
}

const node = ({ op, inputs, outputs, attributes = {}, domain }: OnnxNode) =>
  bytes(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(attribute),
    ...(domain ? [text(7, domain)] : []),
  );

function initializer({ name, dims, data, externalLocation }: OnnxInitializer): Bytes {
  const type = data instanceof Float32Array ? ELEM.float32 : ELEM.int64;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const content = externalLocation
    ? [bytes(13, text(1, "location"), text(2, externalLocation)), int(14, 1)]
    : [bytes(9, raw)];
  return bytes(5, ...dims.map((dim) => int(1, dim)), int(2, type), text(8, name), ...content);
}

function value(field: number, { name, type, dims }: OnnxValue): Bytes {
  const shape = dims.map((dim) => bytes(1, typeof dim === "number" ? int(1, dim) : text(2, dim)));
  return bytes(field, text(1, name), bytes(2, bytes(1, int(1, ELEM[type]), bytes(2, ...shape))));
}

/** The bytes of a model file with one graph. */
export function onnxModel({ nodes, inputs, outputs, initializers = [] }: OnnxGraph): Bytes {
  const domains = [...new Set(nodes.flatMap(({ domain }) => domain ?? []))];
  const graph = bytes(
    7,
    ...nodes.map(node),
    text(2, "tiny"),
    ...initializers.map(initializer),
    ...inputs.map((v) => value(11, v)),
    ...outputs.map((v) => value(12, v)),
  );
  const opsets = [bytes(8, int(2, 17)), ...domains.map((domain) => bytes(8, text(1, domain), int(2, 1)))];
  return concat([int(1, 8), graph, ...opsets]);
}

/** Builds a graph operation by operation; each call returns the name of its (first) output. */
export interface GraphBuilder {
  op(type: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  constant(data: readonly number[] | Float32Array | BigInt64Array, dims?: readonly number[]): string;
  /** 64-bit integers: shapes, axes, indices. A number is a scalar. */
  ints(values: number | readonly number[]): string;
  input(name: string, dims: readonly (number | string)[], type?: Elem): string;
  output(name: string, from: string, dims: readonly (number | string)[]): void;
  model(): Bytes;
}

export function graphBuilder(): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const initializers: OnnxInitializer[] = [];
  const store = (data: Float32Array | BigInt64Array, dims: readonly number[]) => {
    const name = `c${initializers.length}`;
    initializers.push({ name, dims, data });
    return name;
  };
  return {
    op(type, from, attributes = {}) {
      const name = `t${nodes.length}`;
      nodes.push({ op: type, inputs: from, outputs: [name], attributes });
      return name;
    },
    constant: (data, dims) => store(ArrayBuffer.isView(data) ? data : Float32Array.from(data), dims ?? [data.length]),
    ints: (values) =>
      typeof values === "number"
        ? store(BigInt64Array.of(BigInt(values)), [])
        : store(BigInt64Array.from(values, BigInt), [values.length]),
    input(name, dims, type = "float32") {
      inputs.push({ name, type, dims });
      return name;
    },
    output(name, from, dims) {
      nodes.push({ op: "Identity", inputs: [from], outputs: [name] });
      outputs.push({ name, type: "float32", dims });
    },
    model: () => onnxModel({ nodes, inputs, outputs, initializers }),
  };
}

/** `steps` chained n×n MatMuls (y = x·x·…·x): a session whose delay is known and which needs no weights. */
export function matMulModel(n: number, steps: number): Bytes {
  const square = { type: "float32", dims: [n, n] } as const;
  const at = (i: number) => (i === 0 ? "x" : i === steps ? "y" : `t${i}`);
  return onnxModel({
    nodes: Array.from({ length: steps }, (_, i) => ({ op: "MatMul", inputs: [at(i), "x"], outputs: [at(i + 1)] })),
    inputs: [{ name: "x", ...square }],
    outputs: [{ name: "y", ...square }],
  });
}
