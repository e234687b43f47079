/** A picture of one's own, segmented in this browser: without a server, and once loaded without a network. */
import { createSegmenter, type Embedding, isSegmenterError } from "@promptomy/client";
import { canvas, draw, pixelAt, say } from "../page.ts";

const segmenter = await createSegmenter({
  server: null,
  local: {
    models: new URL("model/", location.href), // as a static build has it
    worker: () => new Worker(new URL("../../client/app/local/local.worker.ts", import.meta.url), { type: "module" }),
  },
});
say("Choose a picture.");
let opened: { picture: ImageBitmap; embedding: Embedding } | undefined;

document.querySelector("input")?.addEventListener("change", async ({ target }) => {
  const file = target instanceof HTMLInputElement ? target.files?.[0] : undefined;
  if (!file) return;
  try {
    const [picture, embedding] = await Promise.all([createImageBitmap(file), segmenter.embed(file)]);
    opened = { picture, embedding };
    await draw(picture);
    say("Click a structure.");
  } catch (error) {
    say(isSegmenterError(error) ? error.message : "This file is no picture.");
  }
});

canvas.addEventListener("click", async (event) => {
  if (!opened) return;
  const click = { kind: "point", ...pixelAt(event), label: "foreground" } as const;
  const [best] = await segmenter.segment(opened.embedding, [click]);
  await draw(opened.picture, best);
  say(`${best.data.filter(Boolean).length} pixels, encoded and decoded here`);
});
