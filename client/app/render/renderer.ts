/** Paints the canvas once per frame at most, from the state alone. */
import { promptsOf, sliceKeyOf } from "../../../core/annotation/log.ts";
import { activeLabelOf, colourOf, labelNumber, labelsOf, nextLabelId } from "../state/labels.ts";
import { maskKey, placeOf } from "../state/places.ts";
import type { OpenStudy, State } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { createImageLayer, type ImageLayer } from "./image-layer.ts";
import { maskAnchor, paintBadge, paintMask } from "./mask-layer.ts";
import { paintCursor, paintGesture, paintPrompts } from "./prompt-layer.ts";
import { toScreen, type Viewport, viewportOf } from "./viewport.ts";

export interface Renderer {
  viewport(): Viewport | undefined;
  size(): { readonly width: number; readonly height: number };
  stop(): void;
}

export function createRenderer(canvas: HTMLCanvasElement, store: Store, onResize: () => void): Renderer {
  const context = canvas.getContext("2d");
  const image = createImageLayer();
  let size = { width: 1, height: 1 };
  let frame = 0;

  const viewport = () => (store.state.study ? viewportFor(store.state.study, store.state, size) : undefined);
  const paint = () => {
    frame = 0;
    const current = viewport();
    if (!context) return;
    const ratio = canvas.width / size.width;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (current) paintScene({ context, viewport: current, image, size }, store.state);
  };
  const schedule = () => {
    frame ||= requestAnimationFrame(paint);
  };

  const observer = new ResizeObserver(() => {
    const { width, height } = canvas.getBoundingClientRect();
    size = { width: Math.max(1, width), height: Math.max(1, height) };
    canvas.width = Math.round(size.width * devicePixelRatio);
    canvas.height = Math.round(size.height * devicePixelRatio);
    onResize();
    paint();
  });
  observer.observe(canvas);
  const unsubscribe = store.subscribe(schedule);

  return {
    viewport,
    size: () => size,
    stop() {
      observer.disconnect();
      unsubscribe();
      cancelAnimationFrame(frame);
    },
  };
}

/** Where the slice shown lies on a canvas of this CSS size. */
function viewportFor(study: OpenStudy, { view }: State, size: { width: number; height: number }): Viewport {
  const { width, height, spacingMm } = study.plane;
  return viewportOf({ width, height, spacingMm, canvasWidth: size.width, canvasHeight: size.height, view });
}

interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly viewport: Viewport;
  readonly image: ImageLayer;
  readonly size: { readonly width: number; readonly height: number };
}

function paintScene(scene: Scene, state: State) {
  const { context, viewport, image, size } = scene;
  const { study } = state;
  if (!study?.pixels) return;
  image.paint(context, viewport, study.pixels, { window: study.window, inverted: state.inverted });
  if (!state.peek) paintMasks(scene, state, study);
  const active = activeLabelOf(state);
  if (active && !active.accepted && !state.peek)
    paintPrompts(context, viewport, promptsOf(state.log, active.id, sliceKeyOf(placeOf(study))));
  if (state.gesture) paintGesture(context, viewport, state.gesture);
  if (state.cursor) paintCursor(context, toScreen(viewport, state.cursor), size);
}

function paintMasks({ context, viewport }: Scene, state: State, study: OpenStudy) {
  const { opacity, overlay, preview } = state;
  const active = activeLabelOf(state);
  const shown = labelsOf(state).flatMap((label) => {
    const view = label.visible ? state.masks.get(maskKey(label.id, placeOf(study))) : undefined;
    return view ? [{ label, mask: view.candidates[view.chosen] }] : [];
  });
  for (const { label, mask } of shown) {
    const replaced = preview && label.id === active?.id && !active.accepted;
    paintMask(context, viewport, {
      mask,
      colour: label.colour,
      opacity: replaced ? opacity * 0.4 : opacity,
      overlay,
      active: label.id === active?.id,
      dashed: false,
    });
  }
  if (preview && overlay !== "off") {
    const colour = active && !active.accepted ? active.colour : nextColour(state);
    paintMask(context, viewport, { mask: preview, colour, opacity, overlay, active: false, dashed: true });
  }
  if (overlay === "off") return;
  for (const { label, mask } of shown) {
    const anchor = maskAnchor(mask);
    if (anchor) paintBadge(context, toScreen(viewport, anchor), label);
  }
}

const nextColour = ({ log }: State): string => {
  const id = nextLabelId(log);
  return colourOf(id ? labelNumber(id) : 1);
};
