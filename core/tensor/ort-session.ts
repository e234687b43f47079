/** The one adapter for onnxruntime-node and onnxruntime-web: the module is an argument. */

import type { Feeds, Session, Tensor, TensorType } from "./session.ts";

/** A runtime's tensor, as far as we touch it. */
interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  getData(): Promise<unknown>;
  dispose(): void;
}

interface OrtGraph {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** What both runtimes export, by structure: core imports neither. `Options` are the runtime's own session options. */
export interface OrtModule<Options extends object = object> {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options?: Options): Promise<OrtGraph> };
}

const TYPES: readonly string[] = [
  "float32",
  "float16",
  "int64",
  "int32",
  "uint8",
  "int8",
  "bool",
] satisfies TensorType[];

const isTensorType = (type: string): type is TensorType => TYPES.includes(type);

/** Plain `{type, data, dims}` objects do not work as feeds ("invalid data location: undefined"). */
function toOrt({ Tensor }: Pick<OrtModule, "Tensor">, { type, data, dims }: Tensor): OrtTensor {
  // The constructor's overloads name one array type each; `Tensor` pairs them already.
  return new Tensor(type as "float32", data as Float32Array, dims);
}

/**
 * Plain data, and the runtime's own memory freed: both runtimes hand CPU outputs out as copies. Newer engines give
 * float16 as Float16Array: the same bits.
 */
async function fromOrt(name: string, tensor: OrtTensor): Promise<Tensor> {
  const { type, dims } = tensor;
  if (!isTensorType(type)) throw new RangeError(`Output ${name} has type ${type}, which no contract uses.`);
  const raw = (await tensor.getData()) as Tensor["data"]; // the types of `TYPES` have these arrays
  const data = type === "float16" ? new Uint16Array(raw.buffer, raw.byteOffset, raw.length) : raw;
  tensor.dispose();
  return { type, data, dims: [...dims] };
}

/**
 * Loads a graph. Runs queue up, because a session of onnxruntime-web takes one at a time; a failed run does not stop
 * the next. Rejects with the runtime's error when the bytes are no model it can run.
 *
 * @example
 * import * as ort from "onnxruntime-node";
 * const session = await ortSession(ort, bytes, { executionProviders: ["cpu"] });
 */
export async function ortSession<Options extends object>(
  ort: OrtModule<Options>,
  model: Uint8Array,
  options?: Options,
): Promise<Session> {
  const session = await ort.InferenceSession.create(model, options);
  let last: Promise<unknown> = Promise.resolve();
  const runNow = async (feeds: Feeds) => {
    const inputs = Object.entries(feeds).map(([name, tensor]): [string, OrtTensor] => [name, toOrt(ort, tensor)]);
    try {
      const outputs = await session.run(Object.fromEntries(inputs));
      const read = Object.entries(outputs).map(async ([name, value]) => [name, await fromOrt(name, value)] as const);
      return Object.fromEntries(await Promise.all(read));
    } finally {
      for (const [, tensor] of inputs) tensor.dispose();
    }
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run(feeds) {
      const result = last.then(() => runNow(feeds));
      last = result.catch(() => undefined);
      return result;
    },
    async release() {
      await last;
      await session.release();
    },
  };
}
