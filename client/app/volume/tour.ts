/** Through the stack by what is in it: the middle of a segment, its doubtful slices, all slices as a film. */
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { Moves } from "../image/moves.ts";
import { wantedChains } from "../state/chains.ts";
import { placeOf } from "../state/places.ts";
import { whereIs } from "../state/where.ts";

export interface Tour {
  /** Goes to the middle of a segment. */
  middle(segmentId: string): void;
  /** Goes to the middle of a segment that is not on the slice shown. */
  find(segmentId: string): void;
  /** The doubtful slice of the active segment after, or before, the one shown; around the end. */
  nextDoubtful(step: 1 | -1): void;
  /** Shows slice after slice, around the end, until it is called again. */
  togglePlay(): void;
}

/** Below the rest after which a slice is encoded: a film is not work for the model. */
const FRAME_MS = 90;

export function createTour({ store, notifier, ended }: Context, moves: Moves): Tour {
  const placesOf = (segmentId: string) =>
    wantedChains(store.state)
      .filter((chain) => chain.segmentId === segmentId)
      .map(({ at }) => at);

  const middle = (segmentId: string) => {
    const here = [...whereIs(store.state, segmentId).keys()];
    if (here.length > 0) return moves.setSlice(here[Math.floor(here.length / 2)]);
    const places = placesOf(segmentId).toSorted((a, b) => a.slice - b.slice);
    if (places.length > 0) moves.goTo(places[Math.floor(places.length / 2)]);
  };

  let next: ReturnType<typeof setTimeout> | undefined;
  ended.addEventListener("abort", () => clearTimeout(next));
  const frame = () => {
    const { image, playing } = store.state;
    if (!playing || !image) return;
    if (image.pixels) moves.setSlice((image.slice + 1) % image.plane.count);
    next = setTimeout(frame, FRAME_MS);
  };

  return {
    middle,
    find(segmentId) {
      const { image } = store.state;
      const here = image && sliceKeyOf(placeOf(image));
      if (!placesOf(segmentId).some((at) => sliceKeyOf(at) === here)) middle(segmentId);
    },
    nextDoubtful(step) {
      const { image, activeSegment } = store.state;
      if (!image || !activeSegment) return;
      const doubtful = [...whereIs(store.state, activeSegment)].filter(([, at]) => at.doubtful).map(([k]) => k);
      if (doubtful.length === 0) return notifier.info(t.volume.noDoubt, { cause: "doubtful" });
      const ordered = step === 1 ? doubtful : doubtful.toReversed();
      moves.setSlice(ordered.find((k) => (k - image.slice) * step > 0) ?? ordered[0]);
    },
    togglePlay() {
      const playing = !store.state.playing && (store.state.image?.plane.count ?? 0) > 1;
      // Stopped and started again within a frame, there would be two films at once.
      clearTimeout(next);
      store.set({ playing });
      if (playing) frame();
    },
  };
}
