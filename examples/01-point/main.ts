/** A click into a slice that the server has open, and the mask of what was clicked. */
import { createSegmenter } from "@promptomy/client";
import { canvas, draw, fail, pixelAt, say } from "../page.ts";

const segmenter = await createSegmenter({ server: location.origin, onStatus: ({ reason }) => say(reason) });
const studies = await segmenter.studies();
const imageId = studies.find((study) => study.imageId)?.imageId ?? fail("Nothing is open.");
const { planes } = await segmenter.image(imageId);
const { plane, count } = planes.find(({ plane }) => plane === "axial") ?? planes[0] ?? fail("The study is empty.");
const slice = Math.floor(count / 2);

const shown = await fetch(`/v1/images/${imageId}/slices/${plane}/${slice}?window=auto`);
const picture = await createImageBitmap(await shown.blob());
await draw(picture);

const embedding = await segmenter.embed({ imageId, plane, slice });

canvas.addEventListener("click", async (event) => {
  const [best] = await segmenter.segment(embedding, [{ kind: "point", ...pixelAt(event), label: "foreground" }]);
  await draw(picture, best);
  say(`${best.data.filter(Boolean).length} pixels, predicted IoU ${best.predictedIou.toFixed(2)}, on ${best.backend}`);
});
