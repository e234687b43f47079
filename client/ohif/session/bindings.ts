/** One binding for each of OHIF's labelmaps: made with the first prompt, gone with the labelmap or the mode. */
import { cornerstoneAdapter } from "../../adapters/cornerstone.ts";
import { voxelsOfStack } from "../../adapters/cornerstone-voxels.ts";
import type { Segmenter } from "../../types.ts";
import { type Binding, bind, type ViewerAdapter } from "../../viewer/index.ts";
import type { Target } from "./target.ts";
import type { Cornerstone, OhifViewport } from "./types.ts";

export interface Bindings {
  /** The binding of a labelmap, with the target's segment selected. */
  at(target: Target): Promise<Binding>;
  /** Tells which segments a labelmap still has: OHIF gives numbers again, and prompts of a deleted one must not come back. */
  keep(segmentationId: string, segments: readonly number[]): void;
  forget(segmentationId: string): void;
  close(): void;
}

interface Held {
  readonly binding: Promise<Binding>;
  /** OHIF's number of a segment → ours, which is never given again. */
  readonly numbers: Map<number, number>;
  /** The viewport that was prompted last: its window is the one that is meant. */
  viewport: OhifViewport;
}

export function createBindings({ core, tools }: Cornerstone, segmenter: () => Promise<Segmenter>): Bindings {
  const held = new Map<string, Held>();
  const open = ({ segmentationId, imageIds, viewport }: Target): Held => {
    const numbers: Held["numbers"] = new Map();
    const adapter = cornerstoneAdapter({ core, tools, viewport: latestOf(() => state.viewport), segmentationId });
    const binding = segmenter().then((made) =>
      // All images of the series, whether or not this viewport has loaded them.
      bind(made, { ...renumbered(adapter, numbers), source: () => voxelsOfStack(core, imageIds, undefined) }),
    );
    const state: Held = { binding, numbers, viewport };
    held.set(segmentationId, state);
    // A series that could not be opened is tried again with the next prompt.
    binding.catch(() => {
      if (held.get(segmentationId) === state) held.delete(segmentationId);
    });
    return state;
  };
  const forget = (segmentationId: string) => {
    held.get(segmentationId)?.binding.then(
      (binding) => binding.close(),
      () => {},
    );
    held.delete(segmentationId);
  };
  return {
    async at(target) {
      const state = held.get(target.segmentationId) ?? open(target);
      state.viewport = target.viewport;
      const binding = await state.binding;
      const known = state.numbers.get(target.segment);
      // A binding begins with a segment of its own.
      const number = known ?? (binding.log.done.length === 1 && state.numbers.size === 0 ? 1 : binding.addSegment());
      state.numbers.set(target.segment, number);
      binding.select(number);
      return binding;
    },
    keep(segmentationId, segments) {
      const { numbers } = held.get(segmentationId) ?? {};
      for (const number of numbers?.keys() ?? []) if (!segments.includes(number)) numbers?.delete(number);
    },
    forget,
    close: () => [...held.keys()].forEach(forget),
  };
}

/** Masks of segments that OHIF has deleted are shown nowhere. */
function renumbered({ show, ...adapter }: ViewerAdapter, numbers: ReadonlyMap<number, number>): ViewerAdapter {
  return {
    ...adapter,
    show(mask, ours) {
      for (const [theirs, number] of numbers) if (number === ours) show(mask, theirs);
    },
  };
}

const latestOf = (viewport: () => OhifViewport): OhifViewport => ({
  getCamera: () => viewport().getCamera(),
  getProperties: () => viewport().getProperties(),
  getImageIds: () => viewport().getImageIds(),
});
