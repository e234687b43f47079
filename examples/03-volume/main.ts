/** A click on one slice of the study that the server has open, and the structure through the whole volume. */
import { createSegmenter } from "@promptomy/client";
import { canvas, draw, fail, say } from "../page.ts";

const segmenter = await createSegmenter({ server: location.origin });
const [{ imageId }] = await (await fetch("/v1/studies")).json();
const { planes } = await segmenter.image(imageId);
const { plane, count } = planes.find(({ plane }) => plane === "axial") ?? planes[0] ?? fail("The study is empty.");
const slice = Math.floor(count / 2);

const shown = await fetch(`/v1/images/${imageId}/slices/${plane}/${slice}?window=auto`);
await draw(await createImageBitmap(await shown.blob()));
say("Click a structure");

canvas.addEventListener("click", async ({ offsetX, offsetY }) => {
  const point = { kind: "point", x: offsetX, y: offsetY, label: "foreground" } as const;
  const job = segmenter.propagate({ imageId, plane, prompts: [{ slice, prompts: [point] }], from: 0, to: count - 1 });
  for await (const { state, done, total, measurements } of job) {
    if (measurements)
      say(`${measurements.volumeMl?.toFixed(1) ?? "?"} ml, longest ${measurements.longestDiameter.toFixed(0)} mm`);
    else say(`${state}: slice ${done} of ${total}`);
  }
});
