/** A picture of the user's own and a dragged box: the mask of what is inside. */
import { createSegmenter, type Embedding, isSegmenterError } from "@promptomy/client";
import { canvas, draw, say } from "../page.ts";

const segmenter = await createSegmenter({ server: location.origin });
let opened: { picture: ImageBitmap; embedding: Embedding } | undefined;
let corner: [x: number, y: number] | undefined;

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

canvas.addEventListener("pointerdown", ({ offsetX, offsetY }) => {
  corner = [offsetX, offsetY];
});

canvas.addEventListener("pointerup", async ({ offsetX, offsetY }) => {
  if (!corner || !opened) return;
  const [x0, x1] = [corner[0], offsetX].toSorted((a, b) => a - b);
  const [y0, y1] = [corner[1], offsetY].toSorted((a, b) => a - b);
  const [best] = await segmenter.segment(opened.embedding, [{ kind: "box", x0, y0, x1, y1 }]);
  await draw(opened.picture, best);
  say(`${best.data.filter(Boolean).length} pixels, predicted IoU ${best.predictedIou.toFixed(2)}`);
});
