/** Texts to unit vectors with a text encoder of the BERT or CLIP family. */
import { readFile } from "node:fs/promises";
import { toError } from "../../core/errors.ts";
import { cutTokens, hubTokenizer, TOKEN_INPUTS, type Tokenize, tokenFeeds } from "../../core/prompt/hub-tokens.ts";
import type { Session, Tensor } from "../../core/tensor/session.ts";
import { openSession } from "../inference/graphs.ts";
import { tokenizerPackage } from "../models/tokenizer.ts";
import { type Pooling, type TextFolder, unusable } from "./folder.ts";

export interface TextEncoder {
  /** One vector of length 1 for each text; `undefined` for a text without any, or with letters that the encoder does not know. */
  encode(texts: readonly string[]): Promise<(Float32Array | undefined)[]>;
}

/** Texts of one length that run together; nothing is padded, because not every graph knows a mask. */
const BATCH = 32;

/** Vectors that a graph gives by name for a whole text, best first; a graph without one gives vectors of its tokens. */
const OF_TEXT = ["text_embeds", "sentence_embedding", "pooler_output"];
const OF_TOKENS = ["last_hidden_state", "token_embeddings"];

/** Loads the graph. Throws InvalidRequest for one that is no text encoder, or that this runtime cannot run. */
export async function openTextEncoder(folder: TextFolder, { threads }: { threads: number }): Promise<TextEncoder> {
  const tokenize = await tokenizerOf(folder);
  const place = { provider: "cpu", threads } as const;
  const session = await openSession(await readFile(folder.graph), place).catch((cause: unknown) => {
    throw unusable(`the graph does not load: ${toError(cause).message.split("\n")[0]}`, cause);
  });
  return createTextEncoder({ session, tokenize, ...folder });
}

/** The tokenizer of the folder. Throws InvalidRequest that says what to install. */
export async function tokenizerOf({ tokenizer, tokenizerConfig }: TextFolder): Promise<Tokenize> {
  const tokenizers = await tokenizerPackage(unusable);
  try {
    return hubTokenizer(tokenizers, tokenizer, tokenizerConfig);
  } catch (cause) {
    throw unusable("tokenizer.json is of no known kind", cause);
  }
}

/** The encoder over an open session. Throws InvalidRequest when inputs or outputs are not those of a text encoder. */
export function createTextEncoder(parts: {
  readonly session: Session;
  readonly tokenize: Tokenize;
  readonly mostTokens: number;
  readonly pooling: Pooling;
}): TextEncoder {
  const { session, tokenize, mostTokens, pooling } = parts;
  const foreign = session.inputNames.find((name) => !TOKEN_INPUTS.includes(name));
  if (foreign !== undefined) throw unusable(`the graph wants ${foreign}, which is no text`);
  const output = [...OF_TEXT, ...OF_TOKENS].find((name) => session.outputNames.includes(name));
  if (output === undefined) throw unusable(`the graph gives none of ${[...OF_TEXT, ...OF_TOKENS].join(", ")}`);
  const cut = (ids: readonly number[] | undefined) => cutTokens(ids ?? [], mostTokens);

  const run = async (rows: readonly (readonly number[])[]): Promise<(Float32Array | undefined)[]> => {
    const answers = await session.run(tokenFeeds(session, rows));
    const vectors = answers[output];
    if (!vectors) throw unusable(`the graph did not give ${output}`);
    return rows.map((_, n) => unit(vectorOf(vectors, n, pooling)));
  };

  return {
    async encode(texts) {
      const ids = texts.map((text) => cut(tokenize(text)));
      const vectors = texts.map((): Float32Array | undefined => undefined);
      for (const places of batchesOf(ids)) {
        const encoded = await run(places.map((at) => ids[at] ?? []));
        for (const [n, at] of places.entries()) vectors[at] = encoded[n];
      }
      return vectors;
    },
  };
}

/** Places of texts that have as many tokens as each other; texts without tokens are left out. */
function batchesOf(ids: readonly (readonly number[])[]): number[][] {
  const byLength = new Map<number, number[]>();
  for (const [at, { length }] of ids.entries()) byLength.set(length, [...(byLength.get(length) ?? []), at]);
  byLength.delete(0);
  return [...byLength.values()].flatMap((places) =>
    Array.from({ length: Math.ceil(places.length / BATCH) }, (_, n) => places.slice(n * BATCH, (n + 1) * BATCH)),
  );
}

/** Row `n` of `[batch, size]`, or of `[batch, tokens, size]` pooled over its tokens. */
function vectorOf({ type, data, dims }: Tensor, n: number, pooling: Pooling): Float32Array {
  const [batch = 0, second = 0, third] = dims;
  if (type !== "float32" || !(data instanceof Float32Array) || n >= batch)
    throw unusable(`the graph gives ${type} of the shape ${dims.join(" × ")}`);
  if (third === undefined) return data.slice(n * second, (n + 1) * second);
  const out = new Float32Array(third);
  const tokens = pooling === "first" ? 1 : second;
  for (let token = 0; token < tokens; token++) {
    const from = (n * second + token) * third;
    for (let at = 0; at < third; at++) out[at] += data[from + at] / tokens;
  }
  return out;
}

/** Nothing for what has no direction. Throws InvalidRequest for what is not numbers. */
function unit(vector: Float32Array): Float32Array | undefined {
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length)) throw unusable("the graph gives vectors that are not numbers");
  return length > 0 ? vector.map((value) => value / length) : undefined;
}
