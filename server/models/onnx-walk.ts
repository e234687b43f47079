/** A walk over the protobuf of an ONNX file that finds what could make a runtime leave the file: nothing is decoded. */

/** Operator sets of ONNX itself and of ONNX Runtime; anything else would ask for a custom library. */
const DOMAINS: ReadonlySet<string> = new Set(["", "ai.onnx", "ai.onnx.ml", "com.microsoft"]);
const MAX_DEPTH = 64;

type Kind =
  | "model"
  | "graph"
  | "node"
  | "attribute"
  | "tensor"
  | "sparse"
  | "function"
  | "opset"
  | "domain"
  | "operator"
  | "external";

/** Field numbers of onnx.proto3 that lead to nodes, tensors or domains; the rest is skipped unread. */
const FIELDS: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  model: { 7: "graph", 8: "opset", 20: "external", 25: "function" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  node: { 4: "operator", 5: "attribute", 7: "domain" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  tensor: { 13: "external", 14: "external" },
  sparse: { 1: "tensor", 2: "tensor" },
  function: { 7: "node", 9: "opset", 10: "domain" },
  opset: { 1: "domain" },
  domain: {},
  operator: {},
  external: {},
};

/** Why ONNX Runtime must not see this file, or `undefined`: external data, foreign operator domains, broken structure. */
export function unsafeOnnx(bytes: Uint8Array): string | undefined {
  try {
    const seen = { graph: false };
    const found = walk(bytes, "model", 0, seen);
    return found ?? (seen.graph ? undefined : "holds no graph");
  } catch (thrown) {
    if (thrown instanceof RangeError) return thrown.message;
    throw thrown;
  }
}

function walk(bytes: Uint8Array, kind: Kind, depth: number, seen: { graph: boolean }): string | undefined {
  if (depth > MAX_DEPTH) throw new RangeError(`is nested deeper than ${MAX_DEPTH} messages`);
  for (const { field, wire, value, body } of fieldsOf(bytes)) {
    const child = FIELDS[kind][field];
    if (!child) continue;
    if (kind === "tensor" && field === 14 && wire === 0 && value === 0) continue;
    if (child === "external")
      return kind === "model" ? "holds training information" : "points at data outside the file";
    if (wire !== 2) throw new RangeError(`is no ONNX file: field ${field} of a ${kind} has wire type ${wire}`);
    if (child === "domain" || child === "operator") {
      const foreign = foreignName(child, Buffer.from(body).toString("utf8"));
      if (foreign) return foreign;
      continue;
    }
    if (child === "graph") seen.graph = true;
    const found = walk(body, child, depth + 1, seen);
    if (found) return found;
  }
  return undefined;
}

function foreignName(kind: "domain" | "operator", name: string): string | undefined {
  if (kind === "domain" && !DOMAINS.has(name))
    return `uses the foreign operator domain ${JSON.stringify(name.slice(0, 64))}`;
  return kind === "operator" && name === "EPContext" ? "holds a compiled context that may name other files" : undefined;
}

interface Field {
  readonly field: number;
  readonly wire: number;
  readonly value: number;
  readonly body: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** The fields of one message (protobuf wire types 0, 1, 2 and 5). Throws RangeError when lengths do not fit. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= bytes.length) throw new RangeError("is no ONNX file or is cut short");
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new RangeError("is no ONNX file: a number is too long");
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    const wire = key % 8;
    if (wire === 0) {
      yield { field, wire, value: varint(), body: EMPTY };
      continue;
    }
    const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : -1;
    if (length < 0 || field === 0) throw new RangeError(`is no ONNX file: field ${field} has wire type ${wire}`);
    if (length > bytes.length - at) throw new RangeError("is no ONNX file or is cut short");
    yield { field, wire, value: 0, body: bytes.subarray(at, at + length) };
    at += length;
  }
}
