/** The whole viewer as an element of this page, which hears of every mask. */
import "@promptomy/client/element";

const status = document.querySelector("#status");
const studies: { imageId?: string }[] = await (await fetch("/v1/studies")).json();
const viewer = document.querySelector("promptomy-viewer");
viewer?.setAttribute("image-id", studies.find(({ imageId }) => imageId)?.imageId ?? "");
viewer?.addEventListener("promptomy-mask", ({ detail: { segment, area, slice } }) => {
  if (status) status.textContent = `${segment.name}: ${area} pixels on slice ${slice + 1}`;
});
