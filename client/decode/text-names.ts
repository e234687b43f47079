/** Text prompts by their canonical names: the server's vocabulary is asked once for each text. */
import { namedPrompt } from "../../core/text/naming.ts";
import type { Manifest, Prompt, TextPromptAnswer } from "../../core/wire/index.ts";
import { raceSignal } from "../common/abort.ts";
import { lruByBytes } from "../common/lru.ts";
import type { Api } from "../http/api.ts";
import type { Embedding, SegmentOptions } from "../types.ts";

const CACHE_BYTES = 2 ** 20;
/** Of an answer, beside its text. */
const ANSWER_BYTES = 512;

/** The prompts with every text as the text encoder reads it. Rejects with UnknownTerm and suggestions. */
export type NameTexts = (
  on: Embedding,
  prompts: readonly Prompt[],
  options: SegmentOptions,
) => Promise<readonly Prompt[]>;

/** A model that reads no text is left to refuse it by itself. */
export function createTextNames(api: Pick<Api, "image" | "textPrompt">, manifest: Manifest): NameTexts {
  const answers = lruByBytes<string, Promise<TextPromptAnswer>>(CACHE_BYTES);

  const ask = (text: string, modality: string): Promise<TextPromptAnswer> => {
    const key = JSON.stringify([text, modality]);
    const asked = answers.get(key) ?? api.textPrompt({ text, modality });
    answers.set(key, asked, 2 * key.length + ANSWER_BYTES);
    asked.catch(() => answers.delete(key));
    return asked;
  };

  return async (on, prompts, { context, signal }) => {
    if (!manifest.prompts.includes("text") || prompts.every(({ kind }) => kind !== "text")) return prompts;
    const image = await raceSignal(api.image(on.imageId), signal);
    const modality = context?.modality ?? image.modality;
    const place = { stack: image.planes.find(({ plane }) => plane === on.plane), slice: on.slice };
    const named = prompts.map(async (prompt) =>
      prompt.kind === "text" ? namedPrompt(prompt, await ask(prompt.text, modality), place) : prompt,
    );
    return raceSignal(Promise.all(named), signal);
  };
}
