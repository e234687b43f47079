/** What the active mask may be called: asked for with a key, and taken with the same key. */
import type { Embedding } from "../../index.ts";
import type { LogWriter } from "../annotate/log-writer.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { activeMask, saidOf } from "../state/places.ts";
import { activeSegmentOf } from "../state/segments.ts";

export interface FindingOptions {
  readonly writer: Pick<LogWriter, "actAsOne" | "mayWrite" | "followLog">;
  readonly embed: (image: OpenImage) => Promise<Embedding>;
}

export interface Guesses {
  /** Asks what the active mask may be called; when that is known already, takes the first name. */
  guess(): void;
  /** The name of the active segment. */
  take(name: string): void;
}

export function createGuesses({ store, notifier, segmenter }: Context, { writer, embed }: FindingOptions): Guesses {
  const take = (name: string) => {
    const active = activeSegmentOf(store.state);
    if (!active) return;
    if (active.name !== name) writer.actAsOne([{ kind: "change-segment", segmentId: active.id, name }]);
    store.set({ guesses: undefined });
  };

  const ask = async () => {
    const { image } = store.state;
    const view = activeMask(store.state);
    if (!image?.pixels || !view || view.area === 0) return;
    const { chain, candidates, chosen } = view;
    const [ready, on] = await Promise.all([segmenter(), embed(image)]);
    const names = await ready.classify(on, candidates[chosen], saidOf(image));
    if (activeMask(store.state)?.chain !== chain) return;
    store.set({ guesses: { chain, names } });
    const [first] = names;
    notifier.say(first ? t.finding.guess(first.name) : t.finding.noGuess);
    if (!first) notifier.info(t.finding.noGuess, { cause: "guess" });
  };

  return {
    take,
    guess() {
      const { guesses } = store.state;
      const first = guesses?.chain === activeMask(store.state)?.chain ? guesses?.names[0] : undefined;
      if (first) return take(first.name);
      ask().catch((thrown: unknown) => notifier.failed(t.errors.decode, thrown, { cause: "guess" }));
    },
  };
}
