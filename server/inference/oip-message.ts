/** Tensors in the binary extension of the Open Inference Protocol v2: JSON that says what follows, then their little-endian bytes. */
import { z } from "zod";
import { float32, type Tensor } from "../../core/tensor/session.ts";
import { EngineTensor } from "../../core/wire/index.ts";

type Tensors = Readonly<Record<string, Tensor>>;
type Side = "inputs" | "outputs";

/** Says how many bytes the JSON takes. */
export const JSON_LENGTH = "Inference-Header-Content-Length";

const Binary = EngineTensor.extend({ parameters: z.object({ binary_data_size: z.int().nonnegative() }) });
const Message = { inputs: z.object({ inputs: z.array(Binary) }), outputs: z.object({ outputs: z.array(Binary) }) };

/** One body, with the header that it needs. Throws RangeError for anything but float32. */
export function writeTensors(
  side: Side,
  tensors: Tensors,
  more: Readonly<Record<string, unknown>>,
): { readonly body: Uint8Array<ArrayBuffer>; readonly headers: Record<string, string> } {
  const described = Object.entries(tensors).map(([name, { type, dims, data }]) => {
    if (type !== "float32") throw new RangeError(`${name}: expected float32, got ${type}.`);
    return { name, shape: dims, datatype: "FP32", parameters: { binary_data_size: data.byteLength } };
  });
  const json = new TextEncoder().encode(JSON.stringify({ ...more, [side]: described }));
  const parts = Object.values(tensors).map(({ data: { buffer, byteOffset, byteLength } }) => {
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  const body = new Uint8Array([json, ...parts].reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of [json, ...parts]) {
    body.set(part, at);
    at += part.byteLength;
  }
  return { body, headers: { "Content-Type": "application/octet-stream", [JSON_LENGTH]: String(json.byteLength) } };
}

/** The inverse. Throws an error of some kind for bytes that are not what they say. */
export function readTensors(side: Side, bytes: Uint8Array, headers: Headers): Record<string, Tensor> {
  const length = Number(headers.get(JSON_LENGTH) ?? Number.NaN);
  if (!Number.isInteger(length) || length < 2 || length > bytes.byteLength)
    throw new RangeError(`${JSON_LENGTH} does not fit the body.`);
  const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
  const described = side === "inputs" ? Message.inputs.parse(parsed).inputs : Message.outputs.parse(parsed).outputs;
  let at = length;
  const tensors: Record<string, Tensor> = {};
  for (const { name, shape, datatype, parameters } of described) {
    const size = parameters.binary_data_size;
    if (datatype !== "FP32") throw new RangeError(`${name}: expected FP32, got ${datatype}.`);
    if (size !== 4 * shape.reduce((product, dim) => product * dim, 1) || at + size > bytes.byteLength)
      throw new RangeError(`${name}: its bytes do not fit its shape.`);
    tensors[name] = float32(new Float32Array(bytes.slice(at, at + size).buffer), shape);
    at += size;
  }
  return tensors;
}
