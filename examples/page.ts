/** What both pages share: a canvas, a line of text, and a mask drawn over a picture. */
import type { SegmentMask } from "@promptomy/client";

export const canvas = document.querySelector("canvas") ?? document.body.appendChild(document.createElement("canvas"));
const context = canvas.getContext("2d") ?? fail("This browser has no 2D canvas.");
const status = document.querySelector("#status");

/** The pixel under the pointer, wherever it is in it; the canvas may be shown smaller than the picture. */
export function pixelAt({ offsetX, offsetY }: MouseEvent): { x: number; y: number } {
  const at = (offset: number, shown: number, size: number) =>
    Math.min(Math.max(Math.floor((offset * size) / shown), 0), size - 1);
  return {
    x: at(offsetX, canvas.clientWidth, canvas.width),
    y: at(offsetY, canvas.clientHeight, canvas.height),
  };
}

// What nobody catches is told on the page, as that no server answers.
addEventListener("unhandledrejection", ({ reason }) => say(String(reason)));
addEventListener("error", ({ message }) => say(message));

export function say(text: string): void {
  if (status) status.textContent = text;
}

export function fail(reason: string): never {
  throw new Error(reason);
}

/** The picture, and over it the mask where there is one. */
export async function draw(picture: ImageBitmap, mask?: Shape): Promise<void> {
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(picture, 0, 0);
  if (mask) context.drawImage(await createImageBitmap(overlayOf(mask)), 0, 0);
}

type Shape = Pick<SegmentMask, "width" | "height" | "data">;

function overlayOf({ width, height, data }: Shape): ImageData {
  const overlay = new ImageData(width, height);
  for (let i = 0; i < data.length; i++) if (data[i]) overlay.data.set([80, 220, 160, 130], 4 * i);
  return overlay;
}
