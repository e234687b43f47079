/** GeoJSON (RFC 7946) as QuPath writes it: polygons along pixel edges → masks of slices. */
import { SegmenterError } from "../../../core/errors.ts";
import { PLANES } from "../../../core/image/volume.ts";
import { fillPolygons, type Vertex } from "../../../core/mask/polygon.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import { isRecord } from "../../../core/record.ts";
import type { ImportResult } from "../../../core/wire/import.ts";
import { malformed } from "../../bytes/fail.ts";
import { createInstances, type Place, sizeAt } from "./instances.ts";
import { listIn, textIn } from "./json.ts";
import type { Target } from "./layer.ts";
import { colourOf, type Label } from "./legend.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A collection, or a list of features, as QuPath writes both. */
export function featuresIn(json: unknown): readonly Fields[] | undefined {
  if (isRecord(json) && json.type === "FeatureCollection") return listIn(json.features).filter(isRecord);
  const list = Array.isArray(json) ? json : [json];
  const isFeature = (entry: unknown): entry is Fields => isRecord(entry) && entry.type === "Feature";
  return list.length > 0 && list.every(isFeature) ? list : undefined;
}

/** Classes are segments; what is no area is left out. Throws DoesNotFit where the image has no such slice. */
export function geojsonSegments(features: readonly Fields[], target: Target): ImportResult {
  const instances = createInstances();
  let left = 0;
  for (const feature of features) {
    const geometry = isRecord(feature.geometry) ? feature.geometry : {};
    const properties = isRecord(feature.properties) ? feature.properties : {};
    const polygons = polygonsOf(geometry);
    if (!polygons) {
      left++;
      continue;
    }
    const place = placeOf(properties, geometry);
    const label = labelOf(properties);
    const { width, height } = sizeAt(target, place);
    const mask = fillPolygons(polygons, width, height);
    if (!mask.data.includes(1))
      throw new SegmenterError("DoesNotFit", { reason: "its polygons lie outside of the image" });
    instances.add(JSON.stringify(properties.number ?? label.name), label, place, encodeRle(mask));
  }
  const warnings = left > 0 ? ["Points and lines enclose nothing and are left out."] : [];
  return { segments: [...instances.segments()], warnings };
}

/** Exports name plane and slice, from 1; QuPath has the slice alone, as `plane.z` of the geometry. */
function placeOf({ plane, slice }: Fields, geometry: Fields): Place {
  const named = PLANES.find((one) => one === plane);
  if (named && typeof slice === "number") return { plane: named, slice: slice - 1 };
  const z = isRecord(geometry.plane) ? geometry.plane.z : 0;
  return { plane: "native", slice: typeof z === "number" && Number.isInteger(z) ? z : 0 };
}

function labelOf({ name, classification }: Fields): Label {
  const known = isRecord(classification) ? classification : {};
  const colour = colourOf(known.color);
  return { name: textIn(name, 1024) ?? textIn(known.name, 1024) ?? "Region", ...(colour && { colour }) };
}

/** Rings of each polygon; `undefined` for another geometry. */
function polygonsOf({ type, coordinates }: Fields): readonly (readonly (readonly Vertex[])[])[] | undefined {
  if (type === "Polygon") return [ringsOf(coordinates)];
  return type === "MultiPolygon" ? listIn(coordinates).map(ringsOf) : undefined;
}

const ringsOf = (rings: unknown): readonly (readonly Vertex[])[] =>
  listIn(rings).map((ring) =>
    listIn(ring).map((point): Vertex => {
      const [x, y] = listIn(point);
      if (typeof x !== "number" || typeof y !== "number")
        throw malformed("GeoJSON", "coordinates", "A point has no x and y.");
      return [x - 0.5, y - 0.5];
    }),
  );
