/** Texts to what a decoder takes as `text_embeddings`: by our own text encoder, or by one that a manifest brings. */
import { SegmenterError } from "../errors.ts";
import { cutTokens, TOKEN_INPUTS, type Tokenize, tokenFeeds } from "../prompt/hub-tokens.ts";
import { tokenise } from "../prompt/tokens.ts";
import type { Feeds, Session, Tensor } from "../tensor/session.ts";
import type { Manifest, TextSpec } from "../wire/manifest.ts";

export interface TextTower {
  readonly manifest: Manifest;
  readonly session: Session | undefined;
  /** Reads the tokenizer that the manifest names. */
  readonly tokenize: Tokenize | undefined;
}

/** Texts whose embedding is kept: people type the same organ again and again. */
const MAX_TEXTS = 256;

/** Rejects with UnsupportedPrompt without a text encoder, and with UnknownTerm for letters that the tokenizer does not know. */
export function textEmbedder({ manifest, session, tokenize }: TextTower): (text: string) => Promise<Tensor> {
  const known = new Map<string, Promise<Tensor>>();
  return async (text) => {
    if (!session) throw new SegmenterError("UnsupportedPrompt", { kind: "text", modelId: manifest.id });
    const { key, feeds } = manifest.text
      ? hubFeeds(text, manifest.text, session, tokenize)
      : ownFeeds(text, session.inputNames[0] ?? "");
    const found = known.get(key);
    if (found) return found;
    const made = session.run(feeds).then((out) => embeddingOf(out, session, manifest));
    made.catch(() => known.delete(key));
    if (known.size >= MAX_TEXTS) known.clear();
    known.set(key, made);
    return made;
  };
}

function ownFeeds(text: string, input: string): { key: string; feeds: Feeds } {
  const ids = tokenise(text);
  return { key: ids.join(), feeds: { [input]: { type: "int64", data: ids, dims: [1, ids.length] } } };
}

/** Ids of a text in the words that its encoder was taught with. Throws UnknownTerm for letters that it does not know. */
export function hubIds(
  text: string,
  { template, mostTokens }: Pick<TextSpec, "template" | "mostTokens">,
  tokenize: Tokenize | undefined,
): readonly number[] {
  const ids = tokenize?.(template.replace("{}", () => text));
  if (!ids || ids.length === 0) throw new SegmenterError("UnknownTerm", { text, suggestions: [] });
  return cutTokens(ids, mostTokens);
}

function hubFeeds(
  text: string,
  spec: TextSpec,
  session: Session,
  tokenize: Tokenize | undefined,
): { key: string; feeds: Feeds } {
  const ids = hubIds(text, spec, tokenize);
  return { key: ids.join(), feeds: tokenFeeds(session, [ids]) };
}

/** Vectors by name for a whole text, best first; a graph that calls it otherwise has it first. */
const OF_TEXT = ["text_embeddings", "text_embeds", "sentence_embedding", "pooler_output"];

/** `[1, T, C]`; one vector a text may come as `[1, C]`. */
function embeddingOf(outputs: Record<string, Tensor>, { outputNames }: Session, { id, graphs }: Manifest): Tensor {
  const name = OF_TEXT.find((known) => outputNames.includes(known)) ?? outputNames[0] ?? "";
  const found = outputs[name];
  if (found?.data instanceof Float32Array && found.dims.length === 3) return found;
  if (found?.data instanceof Float32Array && found.dims.length === 2)
    return { ...found, dims: [1, 1, found.dims[1] ?? 0] };
  throw new SegmenterError("ModelCorrupt", {
    modelId: id,
    file: graphs.textEncoder?.path ?? "",
    reason: `its text encoder gives ${found ? found.dims.join(" × ") : "nothing"} as ${name}, expected float32 1 × T × C`,
  });
}

/** Throws ModelCorrupt for a graph that takes what no text gives. */
export function checkTextGraph({ inputNames }: Session, { id, graphs, text }: Manifest): void {
  const foreign = text && inputNames.find((name) => !TOKEN_INPUTS.includes(name));
  if (foreign === undefined) return;
  const reason = `its text encoder wants ${foreign}; a tokenizer gives ${TOKEN_INPUTS.join(", ")}`;
  throw new SegmenterError("ModelCorrupt", { modelId: id, file: graphs.textEncoder?.path ?? "", reason });
}
