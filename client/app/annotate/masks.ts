/** Masks as a function of the prompt log: finds what is missing, decodes it, drops what is no longer asked for. */

import type { Chain } from "../../../core/annotation/chain.ts";
import { isSegmenterError } from "../../../core/errors.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import { MASKS } from "../context/connection.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { chainPlace, wantedChains } from "../state/chains.ts";
import { placeOf } from "../state/places.ts";
import type { MaskView } from "../state/state.ts";
import { type ChainSources, createChainMasks } from "./chain-masks.ts";
import { createLanes, type Lane } from "./lanes.ts";
import type { Refusal } from "./prompts.ts";
import { tell } from "./tell.ts";

export interface Masks {
  /** Brings the masks in line with the log. Call after each change of log or slice. */
  sync(): void;
  /** Forgets all masks: another image is open, or the prompts mean something else now. */
  reset(): void;
  /** Tries those again that could not be computed. */
  retry(): void;
}

export interface MasksOptions extends ChainSources {
  /** Takes a name that gave nothing out of the log again; false when it stays. */
  readonly refuse: (chain: Chain, refusal: Refusal) => boolean;
}

export function createMasks(context: Context, options: MasksOptions): Masks {
  const { store, notifier, connection } = context;
  const decode = createChainMasks(context, options);
  let generation = 0;
  let offline = false;

  const isHere = ({ at }: Chain) => {
    const { image } = store.state;
    return image !== undefined && sliceKeyOf(placeOf(image)) === sliceKeyOf(at);
  };
  const isMissing = (chain: Chain) =>
    store.state.masks.get(chainPlace(chain))?.chain !== chain.key && !store.state.failed.has(chain.key);
  const missing = () => wantedChains(store.state).filter(isMissing);
  const next = (lane: Lane) => (offline ? undefined : missing().find((chain) => isHere(chain) === (lane === "here")));

  const decodeNow = async (chain: Chain) => {
    const started = generation;
    const view = await decode(chain);
    if (started !== generation) return;
    if (isAbsent(chain, view) && options.refuse(chain, { kind: "absent" })) return;
    notifier.settled(causeOf(chain));
    show(context, chain, view);
    if (isHere(chain)) tell(context, chain.segmentId, view);
  };

  const fail = (chain: Chain, thrown: unknown) => {
    if (thrown instanceof Error && thrown.name === "AbortError") return;
    offline = connection.takes(thrown, MASKS, () => {
      offline = false;
      sync();
    });
    if (offline) return;
    if (isSegmenterError(thrown, "UnknownTerm")) {
      const { suggestions } = thrown.detail;
      if (options.refuse(chain, { kind: "unknown", suggestions })) return;
    }
    store.update((state) => ({ ...state, failed: new Set(state.failed).add(chain.key) }));
    notifier.failed(t.errors.decode, thrown, { cause: causeOf(chain), retry });
  };

  const run = async (chain: Chain) => {
    const started = generation;
    await decodeNow(chain).catch((thrown: unknown) => {
      if (started === generation) fail(chain, thrown);
    });
    countWaiting();
  };
  const lookAgain = createLanes(next, run);

  const countWaiting = () => {
    const waiting = missing().filter(isHere).length;
    if (waiting !== store.state.waiting) store.set({ waiting });
  };

  const sync = () => {
    const wanted = new Set(wantedChains(store.state).map(chainPlace));
    const { masks } = store.state;
    if ([...masks.keys()].some((key) => !wanted.has(key)))
      store.set({ masks: new Map([...masks].filter(([key]) => wanted.has(key))) });
    countWaiting();
    lookAgain();
  };

  const retry = () => {
    store.set({ failed: new Set() });
    sync();
  };

  return {
    sync,
    retry,
    reset() {
      generation++;
      offline = false;
      decode.forget();
      store.set({ masks: new Map(), failed: new Set(), waiting: 0 });
    },
  };
}

const causeOf = (chain: Chain): string => `mask:${chainPlace(chain)}`;

/** A name alone, and nothing found for it. */
function isAbsent({ base, steps }: Chain, { candidates, chosen, area: found }: MaskView): boolean {
  const prompts = steps.flatMap(({ action }) => action.prompts);
  const named = !base && prompts.length === 1 && prompts[0].kind === "text";
  return named && found === 0 && candidates[chosen].presence !== undefined;
}

const show = ({ store }: Context, chain: Chain, view: MaskView) =>
  store.update((state) => ({
    ...state,
    masks: new Map(state.masks).set(chainPlace(chain), view),
    preview: undefined,
  }));
