/** Paints a plane that is only looked at: its slice through the focus once the pixels are there, with what lies on it. */
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Plane, Slice } from "../../../core/image/volume.ts";
import { focusIn } from "../state/focus.ts";
import { placeOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import { shownMask } from "../state/shown.ts";
import type { OpenImage } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { createImageLayer } from "./image-layer.ts";
import { paintMask } from "./mask-layer.ts";
import { paintLines } from "./prompt-layer.ts";
import { paintElsewhere } from "./renderer.ts";
import { toScreen, type Viewport, viewportOf } from "./viewport.ts";

export interface PaneRenderer {
  viewport(): Viewport | undefined;
  stop(): void;
}

export interface PaneSource {
  readonly store: Store;
  /** Stored pixels of a slice. */
  pixels(place: SliceRef): Promise<Slice>;
}

export function createPaneRenderer(canvas: HTMLCanvasElement, source: PaneSource, plane: Plane): PaneRenderer {
  const { store } = source;
  const context = canvas.getContext("2d");
  const layer = createImageLayer();
  let size = { width: 1, height: 1 };
  let frame = 0;
  /** The slice on the screen: the one in focus as soon as its pixels have come. */
  let shown: { readonly slice: number; readonly imageId: string; readonly pixels: Slice } | undefined;
  let asked = "";

  const viewport = () => {
    const stack = store.state.image?.info.planes.find((other) => other.plane === plane);
    if (!stack) return undefined;
    const { width, height, spacingMm } = stack;
    const fitted = { zoom: 1, panX: 0, panY: 0 };
    return viewportOf({ width, height, spacingMm, canvasWidth: size.width, canvasHeight: size.height, view: fitted });
  };

  const load = async (imageId: OpenImage["info"]["imageId"], slice: number) => {
    const key = `${imageId}/${slice}`;
    if (key === asked) return;
    asked = key;
    const pixels = await source.pixels({ imageId, plane, slice }).catch(() => undefined);
    if (asked !== key) return;
    if (pixels) shown = { slice, imageId, pixels };
    else asked = "";
    schedule();
  };

  const paint = () => {
    frame = 0;
    const { state } = store;
    const { image } = state;
    const at = focusIn(state, plane);
    const current = viewport();
    if (!context || !image || !at || !current) return;
    void load(image.info.imageId, at.slice);
    const ratio = canvas.width / size.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    if (shown?.imageId !== image.info.imageId) return;
    layer.paint(context, current, shown.pixels, { window: image.window, inverted: state.inverted });
    const place = { ...placeOf(image), plane, slice: shown.slice };
    if (!state.peek) {
      const { opacity, overlay, activeSegment } = state;
      paintElsewhere({ context, viewport: current }, state, image, place);
      for (const { id, colour, hidden } of segmentList(state)) {
        const found = hidden ? undefined : shownMask(state, id, place);
        const look = { colour, opacity, overlay, active: id === activeSegment };
        if (found) paintMask(context, current, { mask: found.mask, ...look, dashed: found.doubtful });
      }
    }
    paintLines(context, toScreen(current, at.point), size);
  };
  const schedule = () => {
    frame ||= requestAnimationFrame(paint);
  };

  const observer = new ResizeObserver(() => {
    const { width, height } = canvas.getBoundingClientRect();
    size = { width: Math.max(1, width), height: Math.max(1, height) };
    canvas.width = Math.round(size.width * devicePixelRatio);
    canvas.height = Math.round(size.height * devicePixelRatio);
    paint();
  });
  observer.observe(canvas);
  const unsubscribe = store.subscribe(schedule);
  return {
    viewport,
    stop() {
      observer.disconnect();
      unsubscribe();
      cancelAnimationFrame(frame);
    },
  };
}
