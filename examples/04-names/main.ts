/** Every structure of a slice by name, and the name of what is clicked. */
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

const names: string[] = [];
for await (const { done, total, found } of segmenter.findAll(embedding)) {
  if (found) {
    names.push(found.name);
    await draw(picture, found.mask);
  }
  say(`${done} of ${total} names: ${names.join(", ") || "nothing yet"}`);
}

canvas.addEventListener("click", async (event) => {
  const click = { kind: "point", ...pixelAt(event), label: "foreground" } as const;
  const [best] = await segmenter.segment(embedding, [click], { classify: true });
  await draw(picture, best);
  const guesses = best.names?.slice(0, 3).map(({ name, confidence }) => `${name} ${Math.round(100 * confidence)} %`);
  say(guesses?.length ? `May be ${guesses.join(", ")}` : "No name that was measured gives anything like it.");
});
