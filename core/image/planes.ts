/** The planes of an image, as its record lists them. */
import { SegmenterError } from "../errors.ts";
import type { PlaneInfo } from "../wire/image.ts";
import type { Plane } from "./volume.ts";

interface WithPlanes {
  readonly planes: readonly PlaneInfo[];
}

/** One plane's stack of slices; `undefined` for a plane that the image cannot be cut in. */
export const findPlane = (image: WithPlanes | undefined, plane: Plane): PlaneInfo | undefined =>
  image?.planes.find((stack) => stack.plane === plane);

/** The stack that holds a slice. Throws SliceNotFound with the number of slices that there are. */
export function planeOf(image: WithPlanes, plane: Plane, slice = 0): PlaneInfo {
  const found = findPlane(image, plane);
  if (!found || slice >= found.count)
    throw new SegmenterError("SliceNotFound", { plane, slice, count: found?.count ?? 0 });
  return found;
}
