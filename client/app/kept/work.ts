/** The work on one image, as it is kept: its prompt log, and where its user was. */
import type { Digest } from "../../../core/digest.ts";
import type { NamedWindow, Plane } from "../../../core/image/volume.ts";
import type { OpenImage } from "../state/open-image.ts";

/** Where the user was, to come back to. */
export interface Place {
  readonly plane: Plane;
  readonly slice: number;
  readonly window: NamedWindow | null;
  readonly encodeWindow: NamedWindow | null;
  readonly modality?: string;
  readonly bodyPart?: string;
  readonly task?: OpenImage["task"];
}

export interface Work {
  readonly imageId: Digest;
  readonly name: string;
  /** Facts for the list. */
  readonly modality: string;
  readonly size: readonly [number, number, number];
  readonly segments: number;
  readonly slices: number;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** `serialiseLog`'s text; that of a later release is kept letter by letter. */
  readonly log: string;
  readonly place?: Place;
  readonly activeSegment?: string;
  readonly hidden: readonly string[];
  /** Proposals that nobody has judged: segment and the name under which it was proposed. */
  readonly proposed?: readonly (readonly [segmentId: string, name: string])[];
}

/** A digest short enough to be read aloud, long enough to tell two images apart. */
export const shortId = (imageId: string): string => imageId.replace(/^sha256:/, "").slice(0, 8);
