/** OpenSeadragon with a drawn slide: dark discs, whose places and radii are known. */

import { openSeadragonView } from "@promptomy/client/openseadragon";
import { bind } from "@promptomy/client/viewer";
import OpenSeadragon from "openseadragon";
import { connect } from "../series.ts";

const DISCS = [
  { x: 700, y: 500, r: 60 },
  { x: 1500, y: 900, r: 90 },
  { x: 1180, y: 620, r: 45 },
];

function drawSlide(): string {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 2400, height: 1600 });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.fillStyle = "#eec7dd";
  context.fillRect(0, 0, 2400, 1600);
  for (const { x, y, r } of DISCS) {
    context.fillStyle = "#5b2a86";
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fill();
  }
  return canvas.toDataURL("image/png");
}

const segmenter = await connect();
const viewer = OpenSeadragon({
  id: "slide",
  tileSources: { type: "image", url: drawSlide() },
  showNavigationControl: false,
});
await new Promise<void>((resolve) => viewer.addOnceHandler("open", () => resolve()));

/** Looks at a disc from near, clicks its middle, and tells what the outline in the whole image is. */
async function click(n: number, zoom: number) {
  const disc = DISCS[n];
  if (!disc) throw new Error("no disc");
  const centre = viewer.viewport.imageToViewportCoordinates(disc.x + 40, disc.y - 30);
  viewer.viewport.panTo(centre, true);
  viewer.viewport.zoomTo(zoom, undefined, true);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const view = openSeadragonView({ OpenSeadragon, viewer });
  const binding = await bind(segmenter, view.adapter);
  const position = viewer.viewport.imageToViewerElementCoordinates(new OpenSeadragon.Point(disc.x, disc.y));
  await binding.prompt({ kind: "point", at: view.at(position) });
  const overlays = document.querySelectorAll("#slide svg path").length;
  const rings = view.geojson().features.map(({ geometry }) => geometry.coordinates);
  const iou = iouWith(rings, disc);
  await binding.undo();
  const left = view.geojson().features.length;
  binding.close();
  return { iou, overlays, left };
}

/** Of outlines, by the even-odd rule, and a disc; sampled at pixel centres. */
function iouWith(
  parts: readonly (readonly (readonly (readonly [number, number])[])[])[],
  { x, y, r }: (typeof DISCS)[number],
): number {
  const path = new Path2D();
  for (const ring of parts.flat()) {
    for (const [i, [px, py]] of ring.entries()) i === 0 ? path.moveTo(px, py) : path.lineTo(px, py);
    path.closePath();
  }
  const context = document.createElement("canvas").getContext("2d");
  let [both, either] = [0, 0];
  for (let py = y - 3 * r; py < y + 3 * r; py++)
    for (let px = x - 3 * r; px < x + 3 * r; px++) {
      const inDisc = Math.hypot(px + 0.5 - x, py + 0.5 - y) <= r;
      const inPath = context?.isPointInPath(path, px + 0.5, py + 0.5, "evenodd") ?? false;
      if (inDisc && inPath) both++;
      if (inDisc || inPath) either++;
    }
  return both / either;
}

Object.assign(globalThis, { host: { click } });
