/** OpenSeadragon with a drawn slide: dark discs, whose places and radii are known. */

import { decodeRle } from "@promptomy/client";
import { openSeadragonView } from "@promptomy/client/openseadragon";
import { type Binding, bind } from "@promptomy/client/viewer";
import OpenSeadragon from "openseadragon";
import { connect, server } from "../series.ts";

type View = ReturnType<typeof openSeadragonView>;

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
  const dice = await diceWithServer(binding, rings, view.at);
  await binding.undo();
  const left = view.geojson().features.length;
  binding.close();
  return { iou, dice, overlays, left };
}

type Parts = readonly (readonly (readonly (readonly [number, number])[])[])[];

/** Of the outline in the whole image and of what `POST /v1/masks` says, sampled at the pixels of the view that was encoded. */
async function diceWithServer({ image, log }: Binding, parts: Parts, at: View["at"]): Promise<number> {
  const line = log.done.at(-1);
  if (line?.kind !== "prompt") throw new Error("nothing was prompted");
  const body = JSON.stringify({ imageId: image.imageId, prompts: line.prompts });
  const headers = { "Content-Type": "application/json" };
  const { masks } = await (await fetch(`${server}/v1/masks`, { method: "POST", headers, body })).json();
  const { data, width } = decodeRle(masks[0].rle);
  const wholeOf = wholeImage(at);
  const inPath = insideOf(parts);
  let [both, either] = [0, 0];
  for (const [n, value] of data.entries()) {
    const inOutline = inPath(...wholeOf(n % width, Math.floor(n / width)));
    if (value && inOutline) both++;
    either += Number(value) + Number(inOutline);
  }
  return (2 * both) / either;
}

/** From a pixel of the view that was encoded to the whole image: both axes are straight, so two places tell all. */
function wholeImage(at: View["at"]): (x: number, y: number) => [x: number, y: number] {
  const places = [new OpenSeadragon.Point(100, 100), new OpenSeadragon.Point(300, 250)] as const;
  const [a, b] = places.map((place) => viewer.viewport.viewerElementToImageCoordinates(place));
  const [p, q] = places.map((place) => at(place));
  if (!a || !b || !p || !q) throw new Error("no places");
  const shift = p.pixel === "edge" ? 0.5 : 0; // centres of pixels
  const along = (n: number, p: number, q: number, a: number, b: number) => a + ((n + shift - p) * (b - a)) / (q - p);
  return (x, y) => [along(x, p.x, q.x, a.x, b.x), along(y, p.y, q.y, a.y, b.y)];
}

/** Inside of outlines, by the even-odd rule. */
function insideOf(parts: Parts): (x: number, y: number) => boolean {
  const path = new Path2D();
  for (const ring of parts.flat()) {
    for (const [i, [x, y]] of ring.entries()) i === 0 ? path.moveTo(x, y) : path.lineTo(x, y);
    path.closePath();
  }
  const context = document.createElement("canvas").getContext("2d");
  return (x, y) => context?.isPointInPath(path, x, y, "evenodd") ?? false;
}

/** Of outlines and a disc; sampled at pixel centres. */
function iouWith(parts: Parts, { x, y, r }: (typeof DISCS)[number]): number {
  const inPath = insideOf(parts);
  let [both, either] = [0, 0];
  for (let py = y - 3 * r; py < y + 3 * r; py++)
    for (let px = x - 3 * r; px < x + 3 * r; px++) {
      const inDisc = Math.hypot(px + 0.5 - x, py + 0.5 - y) <= r;
      const inOutline = inPath(px + 0.5, py + 0.5);
      if (inDisc && inOutline) both++;
      if (inDisc || inOutline) either++;
    }
  return both / either;
}

Object.assign(globalThis, { host: { click } });
