/** What is on its way: a series, a propagation, a search, an answer of the server. */
import type { Plane } from "../../../core/image/volume.ts";
import type { JobMask, JobPlace } from "../../../core/wire/index.ts";

/** A propagation under way. Its masks come into the log when it has ended, as one step. */
export interface JobView {
  readonly segmentId: string;
  readonly plane: Plane;
  readonly done: number;
  /** 0 until the server has said it. */
  readonly total: number;
  /** By slice, as far as they have come. */
  readonly masks: ReadonlyMap<number, JobMask>;
  /** The server does not answer; the same job is asked for again. */
  readonly broken: boolean;
}

/** A series that comes from an archive: a picture of it is shown meanwhile, and nothing can be prompted. */
export interface Arriving {
  /** Address of the picture, an object of this page. */
  readonly picture: string;
  /** Instances that are here; `total` is 0 until the archive has listed them. */
  readonly done: number;
  readonly total: number;
}

/** No answer from the server; another try is made by itself. */
export interface Outage {
  readonly since: number;
  /** Of the next try, in milliseconds of `performance.now()`; `undefined` while one is under way. */
  readonly nextTry: number | undefined;
}

/** Where a structure is, as far as it has been looked for. */
export interface LocatedName {
  readonly name: string;
  readonly imageId: string;
  readonly plane: Plane;
  readonly places: readonly JobPlace[];
  readonly done: number;
  readonly total: number;
}
