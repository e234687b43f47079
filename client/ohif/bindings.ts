/** One binding for each of OHIF's labelmaps: made with the first prompt, gone with the labelmap or the mode. */
import { nextNumber } from "../../core/annotation/log.ts";
import { cornerstoneAdapter } from "../adapters/cornerstone.ts";
import { voxelsOfStack } from "../adapters/cornerstone-voxels.ts";
import type { Segmenter } from "../types.ts";
import { type Binding, bind } from "../viewer/index.ts";
import type { Target } from "./target.ts";
import type { Cornerstone, OhifViewport } from "./types.ts";

export interface Bindings {
  /** The binding of a labelmap, with the target's segment selected. */
  at(target: Target): Promise<Binding>;
  forget(segmentationId: string): void;
  close(): void;
}

interface Held {
  readonly binding: Promise<Binding>;
  /** The viewport that was prompted last: its window is the one that is meant. */
  viewport: OhifViewport;
}

export function createBindings({ core, tools }: Cornerstone, segmenter: () => Promise<Segmenter>): Bindings {
  const held = new Map<string, Held>();
  const open = ({ segmentationId, imageIds, viewport }: Target): Held => {
    const state: Held = {
      viewport,
      binding: segmenter().then((made) => {
        const adapter = cornerstoneAdapter({ core, tools, viewport: latestOf(() => state.viewport), segmentationId });
        // All images of the series, whether or not this viewport has loaded them.
        return bind(made, { ...adapter, source: () => voxelsOfStack(core, imageIds, undefined) });
      }),
    };
    // A series that could not be opened is tried again with the next prompt.
    state.binding.catch(() => held.get(segmentationId) === state && held.delete(segmentationId));
    held.set(segmentationId, state);
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
      while (nextNumber(binding.log) <= target.segment) binding.addSegment();
      binding.select(target.segment);
      return binding;
    },
    forget,
    close: () => [...held.keys()].forEach(forget),
  };
}

const latestOf = (viewport: () => OhifViewport): OhifViewport => ({
  getCamera: () => viewport().getCamera(),
  getProperties: () => viewport().getProperties(),
  getImageIds: () => viewport().getImageIds(),
});
