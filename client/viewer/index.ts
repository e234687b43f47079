/** `@promptomy/client/viewer`: the geometry between other people's viewers and this package, and five lines to join them. */
export { type Binding, bind, type PropagateOptions } from "./bind.ts";
export { nrrdOf } from "./nrrd.ts";
export { nearestSlice, pixelOf, planeAlong, promptOf, sliceToLps } from "./place.ts";
export { type PlaceOptions, paint, placeMask, type Voxels } from "./placed-mask.ts";
export { openSource } from "./sources.ts";
export type {
  DicomwebSource,
  HostPoint,
  HostPrompt,
  ImageGeometry,
  ImagePoint,
  LpsPoint,
  PlacedMask,
  PlaneGrid,
  SlicePixel,
  Strides,
  TargetGrid,
  ViewerAdapter,
  ViewerSource,
  VoxelSource,
} from "./types.ts";
export { snapWindow } from "./windows.ts";
