/** A pressed pointer as brush or eraser. */
import { isBrush } from "../edit/brush.ts";
import { clampInside, isInside, toSlice } from "../render/viewport.ts";
import type { Point } from "../state/drawing.ts";
import type { Drag, Surface } from "./drags.ts";

/** The lightest touch of a pen still draws this share of the brush. */
const LIGHTEST = 0.2;

interface Press {
  readonly erase: boolean;
  readonly event: PointerEvent;
}

/** One stroke. The brush may leave the slice and come back. */
export function brushDrag(surface: Surface, start: Point, { erase, event: press }: Press): Drag {
  const { strokes, store } = surface.app;
  const dabAt = (at: Point, { pointerType, pressure }: PointerEvent) => {
    const viewport = surface.viewport();
    const share = pointerType === "pen" ? LIGHTEST + (1 - LIGHTEST) * pressure : 1;
    return viewport && { ...toSlice(viewport, at), radius: (store.state.brush.diameter / 2) * share };
  };
  const first = dabAt(start, press);
  if (first) strokes.begin(erase ? 0 : 1, first);
  return {
    everyMove: true,
    move(at, event = press) {
      const dab = dabAt(at, event);
      if (dab) strokes.move(dab);
    },
    end: strokes.end,
    cancel: strokes.cancel,
  };
}

/** A click on the part that stays. */
export function keepPress({ app: { edits, store, view }, viewport }: Surface): Drag {
  return {
    move() {},
    end(at) {
      const { image } = store.state;
      const current = viewport();
      const point = current && toSlice(current, at);
      if (!image || !point || !isInside(point, image.plane)) return;
      const { x, y } = clampInside(point, image.plane);
      edits.keepPart({ x: Math.round(x), y: Math.round(y) });
      view.setTool("brush");
    },
    cancel() {},
  };
}

/** The circle of the brush follows the pointer. */
export function trackBrush({ app: { store }, viewport }: Surface, at: Point): void {
  const { tool, image, brushAt } = store.state;
  const current = viewport();
  const shown = isBrush(tool) && image?.pixels && current ? toSlice(current, at) : undefined;
  if (shown?.x !== brushAt?.x || shown?.y !== brushAt?.y) store.set({ brushAt: shown });
}
