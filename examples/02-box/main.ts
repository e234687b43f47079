/** A picture of the user's own and a dragged box: the mask of what is inside. */
import { createSegmenter, type Embedding, isSegmenterError } from "@promptomy/client";
import { canvas, draw, pixelAt, say } from "../page.ts";

const segmenter = await createSegmenter({ server: location.origin });
let opened: { picture: ImageBitmap; embedding: Embedding } | undefined;
let corner: { x: number; y: number } | undefined;

document.querySelector("input")?.addEventListener("change", async ({ target }) => {
  const file = target instanceof HTMLInputElement ? target.files?.[0] : undefined;
  if (!file) return;
  try {
    const [picture, embedding] = await Promise.all([createImageBitmap(file), segmenter.embed(file)]);
    opened = { picture, embedding };
    await draw(picture);
    say("Drag a box.");
  } catch (error) {
    say(isSegmenterError(error) ? error.message : "This file is no picture.");
  }
});

canvas.addEventListener("pointerdown", (event) => {
  corner = pixelAt(event);
  canvas.setPointerCapture(event.pointerId); // the drag may end outside
});

canvas.addEventListener("pointerup", async (event) => {
  if (!corner || !opened) return;
  const [{ x: x0, y: y0 }, { x: x1, y: y1 }] = [corner, pixelAt(event)];
  const [best] = await segmenter.segment(opened.embedding, [{ kind: "box", x0, y0, x1, y1 }]); // from any corner
  await draw(opened.picture, best);
  say(`${best.data.filter(Boolean).length} pixels, predicted IoU ${best.predictedIou.toFixed(2)}`);
});
