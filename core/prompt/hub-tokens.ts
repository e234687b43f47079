/** Token ids as text encoders of the CLIP and BERT families take them, by the `tokenizer.json` of the model hub. */
import type { Feeds, Session, Tensor } from "../tensor/session.ts";

/** The part of `@huggingface/tokenizers` that is used: the package is an argument, as ONNX Runtime's are. */
export interface TokenizerModule {
  readonly Tokenizer: new (
    tokenizer: object,
    config: object,
  ) => {
    encode(text: string): { readonly ids: number[] };
    token_to_id(token: string): number | undefined;
  };
}

/** Ids of a text with what the family puts around it; `undefined` where one of them stands for something unknown. */
export type Tokenize = (text: string) => number[] | undefined;

/** What a graph of text may take; any other input is no text. */
export const TOKEN_INPUTS: readonly string[] = ["input_ids", "attention_mask", "token_type_ids"];

/** Throws what the package throws for a tokenizer of no known kind. */
export function hubTokenizer({ Tokenizer }: TokenizerModule, tokenizer: object, config: object = {}): Tokenize {
  const made = new Tokenizer(tokenizer, config);
  const unknown = unknownToken(tokenizer);
  const unknownId = unknown === undefined ? undefined : made.token_to_id(unknown);
  return (text) => {
    const { ids } = made.encode(text);
    return unknownId !== undefined && ids.includes(unknownId) ? undefined : ids;
  };
}

/** What the tokenizer writes for letters that it does not know. CLIP's end of text is that too, and knows every letter. */
function unknownToken(tokenizer: object): string | undefined {
  const { type, unk_token: token } = "model" in tokenizer ? Object(tokenizer.model) : {};
  return type === "WordPiece" && typeof token === "string" ? token : undefined;
}

/** At most so many ids; the last one, the end mark, stays. */
export const cutTokens = (ids: readonly number[], most: number): readonly number[] =>
  ids.length <= most ? ids : [...ids.slice(0, most - 1), ...ids.slice(-1)];

/** Rows of equally many ids as `[rows, ids]`, with a mask of ones and types of zeros where the graph takes them. */
export function tokenFeeds({ inputNames }: Pick<Session, "inputNames">, rows: readonly (readonly number[])[]): Feeds {
  const dims = [rows.length, rows[0]?.length ?? 0];
  const int64 = (read: (id: number) => number): Tensor => ({
    type: "int64",
    data: BigInt64Array.from(rows.flat(), (id) => BigInt(read(id))),
    dims,
  });
  const all: Feeds = {
    input_ids: int64((id) => id),
    attention_mask: int64(() => 1),
    token_type_ids: int64(() => 0),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputNames.includes(name)));
}
