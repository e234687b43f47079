/** Paints stored pixels through the display window. The windowed image is kept until slice or window change. */

import type { Slice, Window } from "../../../core/image/volume.ts";
import { shownColour, windowToBytes } from "../../../core/image/window.ts";
import { PIXEL_VIEW, type Viewport } from "./viewport.ts";

export interface ImageLayer {
  paint(context: CanvasRenderingContext2D, viewport: Viewport, slice: Slice, display: Display): void;
}

export interface Display {
  /** Null where the image has none: colour is then shown as it is, or brightened where it is dark. */
  readonly window: Window | null;
  readonly inverted: boolean;
}

export function createImageLayer(): ImageLayer {
  const canvas = document.createElement("canvas");
  let shown: { slice: Slice; center: number; width: number; inverted: boolean } | undefined;

  const refresh = (slice: Slice, { window, inverted }: Display) => {
    const center = window?.center ?? 0;
    const width = window?.width ?? 0;
    if (shown?.slice === slice && shown.center === center && shown.width === width && shown.inverted === inverted)
      return;
    shown = { slice, center, width, inverted };
    canvas.width = slice.width;
    canvas.height = slice.height;
    canvas.getContext("2d")?.putImageData(toImageData(slice, window, inverted), 0, 0);
  };

  return {
    paint(context, viewport, slice, display) {
      refresh(slice, display);
      context.imageSmoothingEnabled = viewport.scaleX < PIXEL_VIEW;
      context.imageSmoothingQuality = "high";
      const { left, top, scaleX, scaleY } = viewport;
      const { x0, y0 } = slice.part?.region ?? { x0: 0, y0: 0 };
      const step = 2 ** (slice.part?.level ?? 0);
      const [width, height] = [slice.width * step * scaleX, slice.height * step * scaleY];
      context.drawImage(canvas, left + x0 * scaleX, top + y0 * scaleY, width, height);
    },
  };
}

function toImageData(slice: Slice, window: Window | null, inverted: boolean): ImageData {
  const image = new ImageData(slice.width, slice.height);
  const out = new Uint32Array(image.data.buffer);
  const flip = inverted ? 0xffffff : 0;
  if (slice.channels === 3 || window === null) {
    const data = shownColour(slice, window);
    for (let i = 0, at = 0; i < out.length; i++, at += 3)
      out[i] = (((data[at + 2] << 16) | (data[at + 1] << 8) | data[at]) ^ flip) | 0xff000000;
    return image;
  }
  const grey = windowToBytes(slice, window);
  for (let i = 0; i < out.length; i++) out[i] = ((grey[i] * 0x010101) ^ flip) | 0xff000000;
  return image;
}
