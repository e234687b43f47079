/** How the brush is set. */
import type { Brush, Tool } from "../state/drawing.ts";
import type { Store } from "../state/store.ts";

const STEP = 1.2;
export const BRUSH_RANGE = { min: 1, max: 256 } as const;

/** Tools that correct by hand. */
export const isHandTool = (tool: Tool): boolean => isBrush(tool) || tool === "keep";

export const isBrush = (tool: Tool): boolean => tool === "brush" || tool === "eraser";

/** Sets some of the brush; its size stays within what makes sense. */
export function setBrush(store: Store, change: Partial<Brush>): void {
  const brush = { ...store.state.brush, ...change };
  const diameter = Math.min(BRUSH_RANGE.max, Math.max(BRUSH_RANGE.min, brush.diameter));
  store.set({ brush: { ...brush, diameter } });
}

/** One step larger or smaller: by a fifth, small brushes by a whole pixel. */
export function resizeBrush(store: Store, direction: 1 | -1): void {
  const { diameter } = store.state.brush;
  const scaled = Math.round(direction > 0 ? diameter * STEP : diameter / STEP);
  setBrush(store, { diameter: scaled === Math.round(diameter) ? diameter + direction : scaled });
}
