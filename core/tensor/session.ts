/** Ports of the inference side. Implementations: `server/encoder`, `client/backends`. */

export type TensorType = "float32" | "float16" | "int64" | "int32" | "uint8" | "int8" | "bool";

export interface Tensor {
  readonly type: TensorType;
  /** float16 is carried as its bits in a Uint16Array. */
  readonly data: Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;
  readonly dims: readonly number[];
}

export type Feeds = Readonly<Record<string, Tensor>>;

/** A loaded ONNX graph. Not a login. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Feeds): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export const float32 = (data: Float32Array, dims: readonly number[]): Tensor => ({ type: "float32", data, dims });
