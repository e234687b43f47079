/** The viewer in a frame of a page that its server allows (`--frame-ancestors`; its own pages always may). */
import { connectFrame } from "@promptomy/client/frame";

const status = document.querySelector("#status");
const iframe = document.querySelector("iframe");
if (!iframe) throw new Error("The page has no frame.");

const frame = await connectFrame(iframe);
if (status) status.textContent = "Click a structure";
frame.on("maskChanged", ({ segment, area, slice }) => {
  if (status) status.textContent = `${segment.name}: ${area} pixels on slice ${slice + 1}`;
});
