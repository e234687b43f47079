/** What is said in words: names become prompts, and a phrase that is none gets names and places that may be meant. */
import type { EncodedRef, PromptAction } from "../../../core/annotation/entries.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { PhrasePlace, Prompt } from "../../../core/wire/index.ts";
import type { LogWriter } from "../annotate/log-writer.ts";
import type { Prompts, Refusal } from "../annotate/prompts.ts";
import { addSegment } from "../annotate/segment-actions.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { encodedRefOf, saidOf } from "../state/places.ts";
import type { FindingOptions } from "./guesses.ts";

/** Letters of a phrase that a note repeats. */
const MOST_SHOWN = 60;

export interface Phrases {
  /** Segments what is named. A model that reads no text only says where it may be. */
  say(text: string): void;
  /** Tells why a name gave no mask, and what may be meant by it. */
  refused(action: PromptAction, refusal: Refusal): void;
}

export interface PhrasesOptions extends Pick<FindingOptions, "embed"> {
  readonly writer: Pick<LogWriter, "actAsOne">;
  readonly prompts: Pick<Prompts, "addText">;
}

export function createPhrases(context: Context, { writer, prompts, embed }: PhrasesOptions): Phrases {
  const { store, notifier, segmenter } = context;

  /** Where it may be on the slice shown; none while the server does not answer. */
  const placesOf = async (text: string, image: OpenImage): Promise<readonly PhrasePlace[]> => {
    const [ready, on] = await Promise.all([segmenter(), embed(image)]);
    const { modality, task } = saidOf(image).context ?? {};
    const said = { ...(modality ? { modality } : {}), ...(task ? { task } : {}) };
    return (await ready.readName(text, { on, ...said })).places ?? [];
  };

  const isShown = (at: EncodedRef) => {
    const { image } = store.state;
    return image?.pixels !== undefined && sliceKeyOf(encodedRefOf(image)) === sliceKeyOf(at);
  };

  /** A segment of this name from a box and a point, which are seen and may be changed as if drawn by hand. */
  const take = (text: string, at: EncodedRef, { box, point }: PhrasePlace) => {
    if (!isShown(at)) return notifier.info(t.phrases.elsewhere(at.slice + 1), { cause: "place" });
    const added = addSegment(store.state.log, text);
    const { segmentId } = added;
    const given: Prompt[] = [
      { kind: "box", ...box },
      { kind: "point", ...point, label: "foreground" },
    ];
    const prompted = { kind: "prompt", segmentId, at, prompts: given, multimask: false } as const;
    if (!writer.actAsOne([added, prompted], { activeSegment: segmentId })) return;
    notifier.info(t.phrases.placed(short(text)), { cause: "place" });
  };

  const suggest = (text: string, at: EncodedRef, { sentence, names, places }: Suggested) => {
    const byName = names.map((name) => ({ label: name, run: () => prompts.addText(name) }));
    const byPlace = places.map((place, n) => ({
      label: t.phrases.place(n + 1, place.confidence),
      run: () => take(text, at, place),
    }));
    notifier.info(sentence, { cause: "name", actions: [...byName, ...byPlace] });
  };

  const look = async (text: string) => {
    const { image } = store.state;
    if (!image?.pixels) return;
    const places = await placesOf(text, image);
    const sentence = places.length > 0 ? t.phrases.mayBe(short(text)) : t.phrases.nowhere(short(text));
    suggest(text, encodedRefOf(image), { sentence, names: [], places });
  };

  const unknown = (text: string, at: EncodedRef, names: readonly string[]) => {
    const meant = names.length > 0 ? t.errors.unknownTermMeant(short(text)) : t.errors.unknownTerm(short(text));
    suggest(text, at, { sentence: meant, names, places: [] });
    const { image, model } = store.state;
    if (!model?.heatMap || !image || !isShown(at)) return;
    placesOf(text, image)
      .then((places) => {
        const both = names.length > 0 ? meant : `${meant} ${t.phrases.mayBe(short(text))}`;
        if (places.length > 0) suggest(text, at, { sentence: both, names, places });
      })
      .catch(() => {}); // the names are told already
  };

  return {
    say(text) {
      const { model } = store.state;
      if (!model?.heatMap || model.prompts.includes("text")) return prompts.addText(text);
      look(text).catch((thrown: unknown) => notifier.failed(t.phrases.failed, thrown, { cause: "name" }));
    },
    refused({ prompts: given, at }, refusal) {
      const text = given.flatMap((prompt) => (prompt.kind === "text" ? [prompt.text] : [])).join(", ");
      if (refusal.kind === "unknown") unknown(text, at, refusal.suggestions);
      else notifier.info(t.said.notRecognised(short(text), at.slice + 1), { cause: "name" });
    },
  };
}

interface Suggested {
  readonly sentence: string;
  readonly names: readonly string[];
  readonly places: readonly PhrasePlace[];
}

const short = (text: string): string => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)} …` : text);
