/** The one voxel that all panes look at: the slice shown settles its depth, a click its place on it. */

import { segmentationHeader } from "../../../core/annotation/segmentation.ts";
import { sliceGrid } from "../../../core/image/slice.ts";
import type { Plane, Vec3 } from "../../../core/image/volume.ts";
import type { Point } from "./drawing.ts";
import type { OpenImage } from "./open-image.ts";
import type { State } from "./state.ts";

/** The planes that a volume is shown in side by side; none for a single image. */
export const panesOf = ({ info }: OpenImage): readonly Plane[] =>
  (["axial", "coronal", "sagittal"] as const).filter((name) => info.planes.some(({ plane }) => plane === name));

export const gridOf = ({ info }: OpenImage, plane: Plane) => sliceGrid(segmentationHeader(info), plane);

/** The voxel in focus: on the slice shown, in the middle of it until a click says where. */
export function focusOf({ image, focus }: Pick<State, "image" | "focus">): Vec3 | undefined {
  if (!image) return undefined;
  const grid = gridOf(image, image.plane.plane);
  const [x, y] = focus ? grid.fromIjk(focus) : [Math.floor(grid.width / 2), Math.floor(grid.height / 2)];
  return grid.toIjk(x, y, image.slice);
}

/** Where the focus lies in a plane: its slice, and the pixel on it. */
export function focusIn(
  state: Pick<State, "image" | "focus">,
  plane: Plane,
): { slice: number; point: Point } | undefined {
  const voxel = focusOf(state);
  if (!state.image || !voxel) return undefined;
  const [x, y, slice] = gridOf(state.image, plane).fromIjk(voxel);
  return { slice, point: { x, y } };
}
