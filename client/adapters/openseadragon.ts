/**
 * OpenSeadragon 6: the part of a slide that is shown is what is prompted, at its zoom. Masks are outlines that stay in place
 * when the view moves, and GeoJSON in pixels of the whole image. After a move, take the view again: it is another picture.
 *
 * @example
 * const view = openSeadragonView({ OpenSeadragon, viewer });
 * const binding = await bind(segmenter, view.adapter);
 * viewer.addHandler("canvas-click", ({ position }) => binding.prompt({ kind: "point", at: view.at(position) }));
 */
import type { ImagePoint, PlacedMask, ViewerAdapter } from "../viewer/index.ts";

interface XY {
  readonly x: number;
  readonly y: number;
}

/** What is used of a viewer. `P` and `R` are its points and rectangles. */
export interface OpenSeadragonViewer<P extends XY = XY, R = unknown> {
  readonly drawer: { readonly canvas: unknown };
  readonly viewport: {
    getRotation(): number;
    getFlip(): boolean;
    getContainerSize(): XY;
    viewerElementToImageCoordinates(point: P): XY;
    imageToViewportRectangle(x: number, y: number, width: number, height: number): R;
  };
  addOverlay(overlay: { element: HTMLElement; location: R }): unknown;
  removeOverlay(element: HTMLElement): unknown;
}

export interface OpenSeadragonOptions<P extends XY, R> {
  /** The module: its points are made from it. */
  readonly OpenSeadragon: { readonly Point: new (x: number, y: number) => P };
  readonly viewer: OpenSeadragonViewer<P, R>;
  /** Of the outlines, by segment. */
  readonly colour?: (segment: number) => string;
}

/** A feature as QuPath names it; coordinates are pixel edges of the whole image. */
export interface MaskFeature {
  readonly type: "Feature";
  readonly geometry: {
    readonly type: "Polygon";
    readonly coordinates: readonly (readonly (readonly [number, number])[])[];
  };
  readonly properties: { readonly objectType: "annotation"; readonly segment: number };
}

/** What was shown when it was taken. */
export interface OpenSeadragonView {
  readonly adapter: ViewerAdapter;
  /** A position on the viewer's element, as its mouse events have it. */
  at(position: XY): ImagePoint;
  /** All masks that are shown, holes as inner rings. */
  geojson(): { readonly type: "FeatureCollection"; readonly features: readonly MaskFeature[] };
}

/** Takes the view as it is. Throws RangeError for one that is turned or flipped, or drawn on no canvas. */
export function openSeadragonView<P extends XY, R>(options: OpenSeadragonOptions<P, R>): OpenSeadragonView {
  const { OpenSeadragon, viewer, colour = () => "#5ad1c8" } = options;
  const { viewport } = viewer;
  const picture = copyOf(viewer.drawer.canvas);
  if (viewport.getRotation() % 360 !== 0 || viewport.getFlip())
    throw new RangeError(`Expected a view that is neither turned nor flipped, got ${viewport.getRotation()}°.`);
  const size = viewport.getContainerSize();
  const origin = viewport.viewerElementToImageCoordinates(new OpenSeadragon.Point(0, 0));
  const end = viewport.viewerElementToImageCoordinates(new OpenSeadragon.Point(size.x, size.y));
  const [width, height] = [end.x - origin.x, end.y - origin.y];
  const [stepX, stepY] = [width / picture.width, height / picture.height];
  const shown = new Map<number, { mask: PlacedMask; element: HTMLElement }>();
  const ringsOf = (mask: PlacedMask) =>
    mask.contours().map((part) =>
      part.map((ring) => {
        const points = ring.map(([x, y]) => [origin.x + (x + 0.5) * stepX, origin.y + (y + 0.5) * stepY] as const);
        return [...points, ...points.slice(0, 1)];
      }),
    );
  return {
    at: ({ x, y }) => ({
      ...{ space: "image", pixel: "edge" },
      x: (x * picture.width) / size.x,
      y: (y * picture.height) / size.y,
    }),
    adapter: {
      source: async () => ({ files: [await pngOf(picture)] }),
      show(mask, segment) {
        const old = shown.get(segment);
        if (old) viewer.removeOverlay(old.element);
        shown.delete(segment);
        if (!mask.data.some(Boolean)) return;
        const element = outlineOf(mask, colour(segment));
        shown.set(segment, { mask, element });
        viewer.addOverlay({ element, location: viewport.imageToViewportRectangle(origin.x, origin.y, width, height) });
      },
      close() {
        for (const { element } of shown.values()) viewer.removeOverlay(element);
        shown.clear();
      },
    },
    geojson: () => ({
      type: "FeatureCollection",
      features: [...shown].flatMap(([segment, { mask }]) =>
        ringsOf(mask).map(
          (coordinates): MaskFeature => ({
            type: "Feature",
            geometry: { type: "Polygon", coordinates },
            properties: { objectType: "annotation", segment },
          }),
        ),
      ),
    }),
  };
}

/** Copied at once: the viewer draws on. */
function copyOf(canvas: unknown): HTMLCanvasElement {
  if (!(canvas instanceof HTMLCanvasElement)) throw new RangeError("Expected a viewer that draws on a canvas.");
  const copy = document.createElement("canvas");
  Object.assign(copy, { width: canvas.width, height: canvas.height });
  const context = copy.getContext("2d");
  if (!context) throw new RangeError("Expected a browser with a 2D canvas.");
  context.fillStyle = "#fff"; // glass around the tissue
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  return copy;
}

/** Rejects with a SecurityError when tiles came from another origin without CORS: set `crossOriginPolicy: "Anonymous"`. */
const pngOf = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new RangeError("Expected a view of some size.")))),
  );

function outlineOf(mask: PlacedMask, colour: string): HTMLElement {
  const svg = (name: string) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const [root, path] = [svg("svg"), svg("path")];
  root.setAttribute("viewBox", `-0.5 -0.5 ${mask.width} ${mask.height}`);
  root.setAttribute("preserveAspectRatio", "none");
  root.setAttribute("width", "100%");
  root.setAttribute("height", "100%");
  const rings = mask.contours().flat();
  path.setAttribute("d", rings.map((ring) => `M${ring.map((point) => point.join(" ")).join("L")}Z`).join(""));
  const look = { fill: colour, "fill-opacity": "0.25", "fill-rule": "evenodd", stroke: colour, "stroke-width": "2" };
  for (const [name, value] of Object.entries(look)) path.setAttribute(name, value);
  path.setAttribute("vector-effect", "non-scaling-stroke");
  root.append(path);
  const element = document.createElement("div");
  element.append(root);
  element.style.pointerEvents = "none"; // clicks go through to the slide
  return element;
}
