/** The viewer of a server that allows this page (`--frame-ancestors`), in a frame; `?viewer=` names another server. */
import { connectFrame } from "@promptomy/client/frame";

const status = document.querySelector("#status");
const iframe = document.querySelector("iframe");
const named = new URLSearchParams(location.search).get("viewer");
if (!iframe) throw new Error("The page has no frame.");
if (named) iframe.src = named;

const frame = await connectFrame(iframe);
if (status) status.textContent = "Click a structure";
frame.on("maskChanged", ({ segment, area, slice }) => {
  if (status) status.textContent = `${segment.name}: ${area} pixels on slice ${slice + 1}`;
});
