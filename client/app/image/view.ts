/** Zoom, pan, overlay: what changes the image looks but not the segmentation. */
import { zoomAt } from "../render/viewport.ts";
import type { Point, Tool } from "../state/drawing.ts";
import { panesOf } from "../state/focus.ts";
import type { View } from "../state/open-image.ts";
import type { Overlay } from "../state/state.ts";
import type { Store } from "../state/store.ts";

export interface ViewControls {
  /** `at` is relative to the centre of what the image is fitted to. */
  zoom(factor: number, at?: Point): void;
  pan(dx: number, dy: number): void;
  reset(): void;
  setTool(tool: Tool): void;
  toggleSign(): void;
  setOverlay(overlay: Overlay): void;
  cycleOverlay(): void;
  /** One plane, or all three and the surfaces; a single image has one. */
  toggleLayout(): void;
}

const FITTED: View = { zoom: 1, panX: 0, panY: 0 };
const OVERLAYS: readonly Overlay[] = ["fill", "outline", "off"];

export function createViewControls(store: Store): ViewControls {
  const setOverlay = (overlay: Overlay) => store.set({ overlay });
  return {
    zoom: (factor, at) => store.update((state) => ({ ...state, view: zoomAt(state.view, factor, at) })),
    pan: (dx, dy) =>
      store.update((state) => {
        const { view } = state;
        return { ...state, view: { ...view, panX: view.panX + dx, panY: view.panY + dy } };
      }),
    reset: () => store.update((state) => ({ ...state, view: FITTED, fits: state.fits + 1 })),
    setTool: (tool) => store.set({ tool, gesture: undefined, measuring: undefined, preview: undefined }),
    toggleSign: () =>
      store.update((state) => {
        const sign = state.sign === "foreground" ? "background" : "foreground";
        return { ...state, sign, preview: undefined };
      }),
    setOverlay,
    toggleLayout: () =>
      store.update((state) => {
        const many = state.image !== undefined && panesOf(state.image).length === 3;
        return { ...state, layout: many && state.layout === "one" ? "four" : "one" };
      }),
    cycleOverlay: () => setOverlay(OVERLAYS[(OVERLAYS.indexOf(store.state.overlay) + 1) % OVERLAYS.length]),
  };
}
