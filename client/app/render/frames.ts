/** A canvas that keeps the size it is given, and is painted once a frame at most. */
import type { Store } from "../state/store.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Frames {
  /** Of the canvas, in CSS pixels; at least 1 × 1. */
  size(): Size;
  /** Paints with the next frame. */
  schedule(): void;
  stop(): void;
}

/** `paint` runs on a cleared canvas in CSS pixels: after each change of the store, and at once when the size changes. */
export function paintInFrames(
  canvas: HTMLCanvasElement,
  store: Store,
  paint: (context: CanvasRenderingContext2D, size: Size) => void,
  onResize: () => void = () => {},
): Frames {
  const context = canvas.getContext("2d");
  let size: Size = { width: 1, height: 1 };
  let frame = 0;
  const run = () => {
    frame = 0;
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const ratio = canvas.width / size.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, size);
  };
  const schedule = () => {
    frame ||= requestAnimationFrame(run);
  };
  const observer = new ResizeObserver(() => {
    const { width, height } = canvas.getBoundingClientRect();
    size = { width: Math.max(1, width), height: Math.max(1, height) };
    canvas.width = Math.round(size.width * devicePixelRatio);
    canvas.height = Math.round(size.height * devicePixelRatio);
    onResize();
    run();
  });
  observer.observe(canvas);
  const unsubscribe = store.subscribe(schedule);
  return {
    size: () => size,
    schedule,
    stop() {
      observer.disconnect();
      unsubscribe();
      cancelAnimationFrame(frame);
    },
  };
}
