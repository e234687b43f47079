/** The one way to say which slice: image, plane and number. */
import type { Digest } from "../digest.ts";
import type { Plane } from "./volume.ts";

export interface SliceRef {
  readonly imageId: Digest;
  readonly plane: Plane;
  /** k, from 0. */
  readonly slice: number;
}

/** A slice's address as a key of maps; windows and crops of the same slice share it. */
export const sliceKeyOf = ({ imageId, plane, slice }: SliceRef): string => `${imageId}/${plane}/${slice}`;
