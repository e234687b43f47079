/** A text encoder in the layout of the model hub: `config.json`, `tokenizer.json`, `tokenizer_config.json`, `onnx/…`. */

import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SegmenterError } from "../../core/errors.ts";
import { isRecord } from "../../core/record.ts";

/** How the vectors of tokens become one. */
export type Pooling = "mean" | "first";

export interface TextFolder {
  /** The ONNX file. */
  readonly graph: string;
  readonly tokenizer: object;
  readonly tokenizerConfig: object;
  /** Longer texts are cut. */
  readonly mostTokens: number;
  readonly pooling: Pooling;
}

/** Of a model with two towers only the text's is wanted; of several precisions the exact one. */
const GRAPHS = ["text_model", "model", "text_model_quantized", "model_quantized"].map((name) => `onnx/${name}.onnx`);
/** CLIP's own; BERT says its length in `config.json`. */
const DEFAULT_TOKENS = 77;

/** A folder that is no text encoder. */
export const unusable = (reason: string, cause?: unknown): SegmenterError =>
  new SegmenterError("InvalidRequest", { reason, path: "text-encoder" }, { cause });

/** Reads everything but the weights. Throws InvalidRequest that names the file that is missing or wrong. */
export async function openTextFolder(dir: string): Promise<TextFolder> {
  const config = await readJson(dir, "config.json");
  const tokenizer = await readJson(dir, "tokenizer.json");
  const tokenizerConfig = await readJson(dir, "tokenizer_config.json", {});
  const pooling = await readJson(dir, "1_Pooling/config.json", {});
  const { max_position_embeddings: own, text_config: ofText } = config;
  const nested = isRecord(ofText) ? ofText.max_position_embeddings : undefined;
  const mostTokens = [own, nested].find((count) => Number.isInteger(count)) ?? DEFAULT_TOKENS;
  return {
    graph: await graphOf(dir),
    tokenizer,
    tokenizerConfig,
    mostTokens: Math.max(2, Number(mostTokens)),
    pooling: pooling.pooling_mode_cls_token === true ? "first" : "mean",
  };
}

async function graphOf(dir: string): Promise<string> {
  for (const name of GRAPHS) {
    const path = join(dir, name);
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return path;
  }
  throw unusable(`has none of ${GRAPHS.join(", ")}`);
}

async function readJson(
  dir: string,
  name: string,
  otherwise?: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const text = await readFile(join(dir, name), "utf8").catch(() => undefined);
  if (text === undefined && otherwise) return otherwise;
  if (text === undefined) throw unusable(`has no ${name}`);
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // said below
  }
  throw unusable(`${name} is no JSON object`);
}
