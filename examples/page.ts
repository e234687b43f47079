/** What both pages share: a canvas, a line of text, and a mask drawn over a picture. */
import type { SegmentMask } from "@promptomy/client";

export const canvas = document.querySelector("canvas") ?? document.body.appendChild(document.createElement("canvas"));
const context = canvas.getContext("2d") ?? fail("This browser has no 2D canvas.");
const status = document.querySelector("#status");

export function say(text: string): void {
  if (status) status.textContent = text;
}

export function fail(reason: string): never {
  throw new Error(reason);
}

/** The picture, and over it the mask where there is one. */
export async function draw(picture: ImageBitmap, mask?: SegmentMask): Promise<void> {
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(picture, 0, 0);
  if (mask) context.drawImage(await createImageBitmap(overlayOf(mask)), 0, 0);
}

function overlayOf({ width, height, data }: SegmentMask): ImageData {
  const overlay = new ImageData(width, height);
  for (let i = 0; i < data.length; i++) if (data[i]) overlay.data.set([80, 220, 160, 130], 4 * i);
  return overlay;
}
