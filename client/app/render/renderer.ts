/** Paints the canvas once per frame at most, from the state alone. */
import { promptsOf } from "../../../core/annotation/chain.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { PartRequest } from "../../../core/image/volume.ts";
import { isBrush } from "../edit/brush.ts";
import type { Point } from "../state/drawing.ts";
import { focusIn } from "../state/focus.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf } from "../state/places.ts";
import { nextSegment, openSegmentOf, segmentList } from "../state/segments.ts";
import { maskFromElsewhere, shownMask } from "../state/shown.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { type Area, createFit } from "./fit.ts";
import { paintInFrames } from "./frames.ts";
import { createImageLayer, type ImageLayer } from "./image-layer.ts";
import { maskAnchor, paintBadge, paintMask } from "./mask-layer.ts";
import { paintMeasurements } from "./measure-layer.ts";
import { paintCursor, paintGesture, paintLines, paintPrompts } from "./prompt-layer.ts";
import { createStrokeLayer, paintBrush, type StrokeLayer } from "./stroke-layer.ts";
import { toScreen, type Viewport, viewportOf, visiblePart } from "./viewport.ts";

export interface Renderer {
  viewport(): Viewport | undefined;
  /** A place on the canvas, from the centre of what the image is fitted to. */
  fromCentre(at: Point): Point;
  stop(): void;
}

/** What the renderer shows, and whom it tells what the eye rests on. */
export interface Scenery {
  readonly store: Store;
  readonly detail: { look(at: PartRequest): void };
  /** The element that holds canvas and bars. */
  readonly viewer: HTMLElement;
}

export function createRenderer(
  canvas: HTMLCanvasElement,
  { store, detail, viewer }: Scenery,
  onResize: () => void,
): Renderer {
  const layers = { image: createImageLayer(), detail: createImageLayer(), strokes: createStrokeLayer() };
  const fit = createFit(() => areaIn(viewer, canvas));
  const area = () => fit.area(fitKey(store.state, viewer), store.state.image?.pixels !== undefined);
  const viewport = () => (store.state.image ? viewportFor(store.state.image, store.state, area()) : undefined);
  const paint: Parameters<typeof paintInFrames>[2] = (context, size) => {
    const current = viewport();
    if (!current) return;
    paintScene({ context, viewport: current, layers, size }, store.state);
    const plane = store.state.image?.plane;
    if (plane) detail.look(visiblePart(current, size, plane));
  };
  const frames = paintInFrames(canvas, store, paint, onResize);
  const fromCentre = ({ x, y }: Point) => {
    const around = area();
    return { x: x - around.x - around.width / 2, y: y - around.y - around.height / 2 };
  };
  return { viewport, fromCentre, stop: frames.stop };
}

/** Names what makes the image be fitted anew: another image or plane, the viewer's size, what a user has laid out otherwise. */
const fitKey = ({ image, layout, panelOpen, fits }: State, { clientWidth, clientHeight }: HTMLElement): string =>
  [image?.info.imageId, image?.plane.plane, layout, panelOpen, fits, clientWidth, clientHeight].join();

/** Where an element lies in the one around it, in CSS pixels. */
function areaIn(outer: HTMLElement, inner: HTMLElement): Area {
  const [around, { x, y, width, height }] = [outer.getBoundingClientRect(), inner.getBoundingClientRect()];
  return { x: x - around.x, y: y - around.y, width, height };
}

/** Where the slice shown lies on the canvas. */
function viewportFor(image: OpenImage, { view }: State, area: Area): Viewport {
  const { width, height, spacingMm } = image.plane;
  return viewportOf({ width, height, spacingMm, area, view });
}

function paintFocus({ context, viewport, size }: Scene, state: State, image: OpenImage) {
  const at = focusIn(state, image.plane.plane);
  if (at) paintLines(context, toScreen(viewport, at.point), size);
}

interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly viewport: Viewport;
  readonly layers: { readonly image: ImageLayer; readonly detail: ImageLayer; readonly strokes: StrokeLayer };
  readonly size: { readonly width: number; readonly height: number };
}

function paintScene(scene: Scene, state: State) {
  const { context, viewport, layers, size } = scene;
  const { image } = state;
  if (!image?.pixels) return;
  const display = { window: image.window, inverted: state.inverted };
  layers.image.paint(context, viewport, image.pixels, display);
  if (image.detail) layers.detail.paint(context, viewport, image.detail, display);
  if (!state.peek) paintMasks(scene, state, image);
  const open = openSegmentOf(state);
  if (open && !state.peek) paintPrompts(context, viewport, promptsOf(state.log, open.id, placeOf(image)));
  if (!state.peek) paintMeasurements(context, viewport, state, placeOf(image));
  if (state.gesture) paintGesture(context, viewport, state.gesture);
  if (state.brushAt && isBrush(state.tool))
    paintBrush(context, viewport, { at: state.brushAt, brush: state.brush, erases: state.tool === "eraser" });
  if (state.layout === "four" && state.focus) paintFocus(scene, state, image);
  if (state.cursor) paintCursor(context, toScreen(viewport, state.cursor), size);
}

/** What masks made in other planes cover here: without a badge, for it is changed where it was made. */
export function paintElsewhere(
  { context, viewport }: Pick<Scene, "context" | "viewport">,
  state: State,
  image: OpenImage,
  at = placeOf(image),
): void {
  const { opacity, overlay } = state;
  for (const { id, colour, hidden } of segmentList(state)) {
    const mask = hidden ? undefined : maskFromElsewhere(state, image, id, at);
    if (mask) paintMask(context, viewport, { mask, colour, opacity, overlay, active: false, dashed: false });
  }
}

function paintMasks({ context, viewport, layers: { strokes } }: Scene, state: State, image: OpenImage) {
  const { opacity, overlay, preview, activeSegment } = state;
  const open = openSegmentOf(state);
  const stroke = state.stroke && sliceKeyOf(state.stroke.at) === sliceKeyOf(placeOf(image)) ? state.stroke : undefined;
  const shown = segmentList(state).flatMap((segment) => {
    const drawn = segment.hidden || segment.id === stroke?.segmentId;
    const found = drawn ? undefined : shownMask(state, segment.id, placeOf(image));
    return found ? [{ segment, ...found }] : [];
  });
  paintElsewhere({ context, viewport }, state, image);
  for (const { segment, mask, doubtful } of shown) {
    const replaced = preview && segment.id === open?.id;
    paintMask(context, viewport, {
      mask,
      colour: segment.colour,
      opacity: replaced ? opacity * 0.4 : opacity,
      // A guess has no body: its outline is dashed, and its badge asks.
      overlay: doubtful && overlay === "fill" ? "outline" : overlay,
      active: segment.id === activeSegment,
      dashed: doubtful,
    });
  }
  if (stroke) strokes.paint(context, viewport, stroke, { opacity, overlay });
  if (overlay === "off") return;
  if (preview) {
    const colour = open?.colour ?? nextSegment(state.log).colour;
    paintMask(context, viewport, { mask: preview, colour, opacity, overlay, active: false, dashed: true });
  }
  for (const { segment, mask, doubtful } of shown) {
    const anchor = maskAnchor(mask);
    const text = doubtful ? `${segment.number}?` : String(segment.number);
    if (anchor) paintBadge(context, toScreen(viewport, anchor), { text, colour: segment.colour });
  }
}
