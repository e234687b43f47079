import { isBrush, resizeBrush } from "../edit/brush.ts";
import type { Point } from "../state/drawing.ts";
import type { Surface } from "./drags.ts";

/** A mouse wheel's notch is at least this; smaller deltas come from touchpads and add up. */
const NOTCH = 80;
const TOUCHPAD_STEP = 40;
const LINE = 33;

/** Wheel turns slices; with Shift it sizes the brush; with Ctrl (and pinching on a touchpad) it zooms at the pointer. A single image always zooms. */
export function listenToWheel(
  canvas: HTMLElement,
  { app, fromCentre }: Surface,
  at: (event: MouseEvent) => Point,
): void {
  let rest = 0;
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const delta = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
      // With Shift some systems turn the wheel sideways.
      if (event.shiftKey && isBrush(app.store.state.tool))
        return resizeBrush(app.store, (event.deltaY || event.deltaX) < 0 ? 1 : -1);
      if (event.ctrlKey || event.metaKey || (app.store.state.image?.plane.count ?? 1) < 2) {
        return app.view.zoom(Math.exp(-Math.max(-20, Math.min(20, delta)) * 0.01), fromCentre(at(event)));
      }
      rest = Math.abs(delta) >= NOTCH ? Math.sign(delta) * TOUCHPAD_STEP : rest + delta;
      const steps = Math.trunc(rest / TOUCHPAD_STEP);
      rest -= steps * TOUCHPAD_STEP;
      if (steps !== 0) app.images.step(steps);
    },
    { passive: false },
  );
}
