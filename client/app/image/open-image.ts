/** An image as it is first shown: its middle slice, in the plane people read first, through its first window. */
import type { ImageInfo, PlaneInfo } from "../../../core/wire/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { windowsOf } from "../state/places.ts";

export function openImageOf(info: ImageInfo, name: string): OpenImage {
  const plane = preferredPlane(info.planes);
  const slice = Math.floor(plane.count / 2);
  const window = windowsOf({ info, plane, slice })[0] ?? null;
  return {
    info,
    name,
    plane,
    slice,
    sliceByPlane: {},
    window,
    encodeWindow: window,
    modality: info.modality,
    bodyPart: info.bodyPart ?? "",
    task: "",
    pixels: undefined,
    embedding: undefined,
    stage: "idle",
    encoded: new Set(),
  };
}

const preferredPlane = (planes: readonly PlaneInfo[]): PlaneInfo =>
  planes.find(({ plane }) => plane === "axial") ?? planes[0];
