/** An image as it is first shown: its middle slice, in the plane people read first, through its first window. */
import type { ImageInfo, PlaneInfo } from "../../../core/wire/index.ts";
import type { OpenImage } from "../state/state.ts";

export function openImageOf(info: ImageInfo, name: string): OpenImage {
  const plane = preferredPlane(info.planes);
  const window = info.channels === 1 ? (info.windows[0] ?? null) : null;
  return {
    info,
    name,
    plane,
    slice: Math.floor(plane.count / 2),
    sliceByPlane: {},
    window,
    encodeWindow: window,
    modality: info.modality,
    pixels: undefined,
    embedding: undefined,
    stage: "idle",
    encoded: new Set(),
  };
}

const preferredPlane = (planes: readonly PlaneInfo[]): PlaneInfo =>
  planes.find(({ plane }) => plane === "axial") ?? planes[0];
