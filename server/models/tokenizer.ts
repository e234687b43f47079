/** The tokenizer that a model's manifest names. */
import { SegmenterError } from "../../core/errors.ts";
import { hubTokenizer, type Tokenize, type TokenizerModule } from "../../core/prompt/hub-tokens.ts";
import { type ModelFile, readVerified } from "./verify.ts";

const PACKAGE = "@huggingface/tokenizers";

/** The optional package. Rejects with what to install. */
export const tokenizerPackage = (refuse: (reason: string, cause: unknown) => Error): Promise<TokenizerModule> =>
  import("@huggingface/tokenizers").catch((cause: unknown) => {
    throw refuse(`needs the package ${PACKAGE}, which is not installed: npm install ${PACKAGE}`, cause);
  });

/** Rejects with ModelCorrupt for a file that is no tokenizer, and where the package is missing. */
export async function openTokenizer(file: ModelFile): Promise<Tokenize> {
  const refuse = (reason: string, cause: unknown) =>
    new SegmenterError("ModelCorrupt", { modelId: file.modelId, file: file.name, reason }, { cause });
  const [bytes, tokenizers] = await Promise.all([readVerified(file), tokenizerPackage(refuse)]);
  try {
    return hubTokenizer(tokenizers, JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw refuse("is no tokenizer of a known kind", cause);
  }
}
