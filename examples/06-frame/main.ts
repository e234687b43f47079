/** The viewer in a frame of a page that its server allows (`--frame-ancestors`; its own pages always may). */
import { connectFrame } from "@promptomy/client/frame";

const status = document.querySelector("#status");

const frame = await connectFrame(document.querySelector("iframe")).catch((thrown) => {
  if (status) status.textContent = String(thrown); // as that the server does not allow this page
  throw thrown;
});
if (status) status.textContent = "Click a structure";
frame.on("maskChanged", ({ segment, area, slice }) => {
  if (status) status.textContent = `${segment.name}: ${area} pixels on slice ${slice + 1}`;
});
