/** A surface as it comes from its worker. */
import type { VolumeHeader } from "../../../core/image/slice.ts";
import type { PlaneMasks } from "../../../core/volume/reslice.ts";

export interface Mesh {
  /** x, y, z of each vertex, in LPS mm. */
  readonly points: Float32Array<ArrayBuffer>;
  /** Of each vertex, outwards. */
  readonly normals: Float32Array<ArrayBuffer>;
  /** 3 and three vertices, for each triangle: the list of cells as vtk.js has it. */
  readonly polys: Uint32Array<ArrayBuffer>;
}

/** A segment whose surface is wanted. */
export interface SurfaceOrder {
  readonly header: VolumeHeader;
  readonly planes: readonly PlaneMasks[];
}

/** `undefined` where nothing is enclosed. */
export type SurfaceAnswer = { readonly ok: true; readonly mesh: Mesh | undefined } | { readonly ok: false };
