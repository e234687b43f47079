/** Paints a plane that is only looked at: its slice through the focus once the pixels are there, with what lies on it. */
import { findPlane } from "../../../core/image/planes.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Plane, Slice } from "../../../core/image/volume.ts";
import type { ImageInfo, PlaneInfo } from "../../../core/wire/index.ts";
import { focusIn } from "../state/focus.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import { shownMask } from "../state/shown.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { paintInFrames } from "./frames.ts";
import { createImageLayer } from "./image-layer.ts";
import { paintMask } from "./mask-layer.ts";
import { paintMeasurements } from "./measure-layer.ts";
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

/** The slice on the screen: the one in focus as soon as its pixels have come. */
interface ShownSlice {
  readonly slice: number;
  readonly imageId: string;
  readonly pixels: Slice;
}

export function createPaneRenderer(canvas: HTMLCanvasElement, source: PaneSource, plane: Plane): PaneRenderer {
  const { store } = source;
  const layer = createImageLayer();
  const latest = latestSlice(source, plane, () => frames.schedule());
  const viewport = () => {
    const stack = findPlane(store.state.image?.info, plane);
    return stack && fitted(stack, frames.size());
  };
  const paint: Parameters<typeof paintInFrames>[2] = (context, size) => {
    const { state } = store;
    const { image } = state;
    const at = focusIn(state, plane);
    const current = viewport();
    if (!image || !at || !current) return;
    const shown = latest(image.info.imageId, at.slice);
    if (!shown) return;
    layer.paint(context, current, shown.pixels, { window: image.window, inverted: state.inverted });
    const place = { ...placeOf(image), plane, slice: shown.slice };
    if (!state.peek) {
      paintMasks({ context, viewport: current }, state, image, place);
      paintMeasurements(context, current, state, place);
    }
    paintLines(context, toScreen(current, at.point), size);
  };
  const frames = paintInFrames(canvas, store, paint);
  return { viewport, stop: frames.stop };
}

/** The whole plane, without zoom. */
function fitted({ width, height, spacingMm }: PlaneInfo, canvas: { width: number; height: number }): Viewport {
  const view = { zoom: 1, panX: 0, panY: 0 };
  return viewportOf({ width, height, spacingMm, area: { x: 0, y: 0, ...canvas }, view });
}

/** Asks for a slice, and gives the last one of the image that has come; `onLoad` runs when another has. */
function latestSlice({ pixels }: PaneSource, plane: Plane, onLoad: () => void) {
  let shown: ShownSlice | undefined;
  let asked = "";
  const load = async (imageId: ImageInfo["imageId"], slice: number, key: string) => {
    const loaded = await pixels({ imageId, plane, slice }).catch(() => undefined);
    if (asked !== key) return;
    // What cannot be had now is asked for again with the next change, not with the next frame.
    if (!loaded) asked = "";
    else {
      shown = { slice, imageId, pixels: loaded };
      onLoad();
    }
  };
  return (imageId: ImageInfo["imageId"], slice: number): ShownSlice | undefined => {
    const key = `${imageId}/${slice}`;
    if (key !== asked) {
      asked = key;
      void load(imageId, slice, key);
    }
    return shown?.imageId === imageId ? shown : undefined;
  };
}

function paintMasks(
  scene: { readonly context: CanvasRenderingContext2D; readonly viewport: Viewport },
  state: State,
  image: OpenImage,
  place: SliceRef,
): void {
  const { opacity, overlay, activeSegment } = state;
  paintElsewhere(scene, state, image, place);
  for (const { id, colour, hidden } of segmentList(state)) {
    const found = hidden ? undefined : shownMask(state, id, place);
    const look = { colour, opacity, overlay, active: id === activeSegment };
    if (found) paintMask(scene.context, scene.viewport, { mask: found.mask, ...look, dashed: found.doubtful });
  }
}
