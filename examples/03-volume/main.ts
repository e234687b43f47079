/** A click on one slice of the study that the server has open, and the structure through the whole volume. */
import { createSegmenter, decodeRle } from "@promptomy/client";
import { canvas, draw, fail, pixelAt, say } from "../page.ts";

const segmenter = await createSegmenter({ server: location.origin });
const studies = await segmenter.studies();
const imageId = studies.find((study) => study.imageId)?.imageId ?? fail("Nothing is open.");
const { planes } = await segmenter.image(imageId);
const { plane, count } = planes.find(({ plane }) => plane === "axial") ?? planes[0] ?? fail("The study is empty.");
const slice = Math.floor(count / 2);

const shown = await fetch(`/v1/images/${imageId}/slices/${plane}/${slice}?window=auto`);
const picture = await createImageBitmap(await shown.blob());
await draw(picture);
say("Click a structure");

canvas.addEventListener("click", async (event) => {
  const point = { kind: "point", ...pixelAt(event), label: "foreground" } as const;
  const job = segmenter.propagate({ imageId, plane, prompts: [{ slice, prompts: [point] }], from: 0, to: count - 1 });
  for await (const { state, done, total, masks, measurements } of job) {
    const here = masks.find((mask) => mask.slice === slice);
    if (here) await draw(picture, decodeRle(here.rle));
    if (measurements)
      say(`${measurements.volumeMl?.toFixed(1) ?? "?"} ml, longest ${measurements.longestDiameter.toFixed(0)} mm`);
    else say(`${state}: slice ${done} of ${total}`);
  }
});
