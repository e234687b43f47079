/** Names that nobody said: every structure of a slice, and what a mask may be called. */
import { type AskName, findAll, nameMask } from "../core/annotation/find-all.ts";
import { namesToFind, namesToTell, scopeOf } from "../core/text/candidates.ts";
import { raceSignal } from "./common/abort.ts";
import type { Api } from "./http/api.ts";
import type { Embedding, Segmenter, SegmentMask } from "./types.ts";

/** Slices whose answers to names are kept: masks of a slice are a few megabytes. */
const KEPT_SLICES = 2;

interface Asked {
  readonly mask: SegmentMask;
  readonly presence: number;
}

type Call = NonNullable<Parameters<Segmenter["classify"]>[2]>;

/** A slice as `POST /v1/text-prompts` takes it. */
const placeOf = ({ imageId, plane, slice, window }: Embedding, model: string) => ({
  ...{ imageId, plane, slice, model },
  ...(window ? { window } : {}),
});

export function createNaming({
  segment,
  vocabulary,
  image,
  textPrompt,
  model,
}: Pick<Segmenter, "segment" | "vocabulary" | "image"> & Pick<Api, "textPrompt"> & { readonly model: string }): Pick<
  Segmenter,
  "findAll" | "classify" | "readName"
> {
  const kept = new Map<string, Map<string, Asked>>();
  let listed: ReturnType<Segmenter["vocabulary"]> | undefined;

  const terms = () => {
    listed ??= vocabulary().catch((thrown: unknown) => {
      listed = undefined;
      throw thrown;
    });
    return listed;
  };

  const answersOf = (on: Embedding, { context }: Call): Map<string, Asked> => {
    const key = `${on.id} ${context?.modality ?? ""}`;
    const answers = kept.get(key) ?? new Map<string, Asked>();
    kept.delete(key);
    kept.set(key, answers);
    for (const old of [...kept.keys()].slice(0, -KEPT_SLICES)) kept.delete(old);
    return answers;
  };

  const asker = (on: Embedding, call: Call): AskName<Asked> => {
    const answers = answersOf(on, call);
    return async (text) => {
      const known = answers.get(text);
      if (known) return known;
      const [mask] = await segment(on, [{ kind: "text", text }], { ...call, zoom: "never" });
      const answer = { mask, presence: mask.presence ?? 0 };
      answers.set(text, answer);
      return answer;
    };
  };

  const termsOn = async (on: Embedding, { context, signal }: Call) => {
    const call = signal ? { signal } : {};
    const [names, info] = await Promise.all([terms(), image(on.imageId, call)]);
    return { names, of: scopeOf(info, context) };
  };

  return {
    async *findAll(on, call = {}) {
      const { names, of } = await termsOn(on, call);
      for await (const { found, ...progress } of findAll(asker(on, call), namesToFind(names, of), call.signal)) {
        if (!found) yield progress;
        else {
          const { candidate, answer } = found;
          yield { ...progress, found: { id: candidate.id, name: candidate.name, ...answer } };
        }
      }
    },
    readName: (text, { modality, task, on, signal } = {}) => {
      const place = on ? placeOf(on, model) : {};
      const said = { ...(modality ? { modality } : {}), ...(task ? { task } : {}) };
      return raceSignal(textPrompt({ text, ...place, ...said }), signal);
    },
    async classify(on, mask, call = {}) {
      const { names, of } = await termsOn(on, call);
      return nameMask(asker(on, call), mask, { candidates: namesToTell(names, of), signal: call.signal });
    },
  };
}
