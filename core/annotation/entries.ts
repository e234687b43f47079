/**
 * The lines of a prompt log: everything that a user, an import or a job does to a segmentation, one line a step of undo.
 * A mask that no prompt can make again stands in the log by its digest; the mask itself is kept beside the log.
 */
import type { Digest } from "../digest.ts";
import type { SlicePoint } from "../image/distance.ts";
import type { SliceRef } from "../image/slice-ref.ts";
import type { Window } from "../image/volume.ts";
import type { Crop } from "../wire/embedding.ts";
import type { Prompt } from "../wire/prompt.ts";

/** A slice, and what the encoder saw of it when the prompt was given. */
export interface EncodedRef extends SliceRef {
  /** The window of the encoding, `null` for colour. */
  readonly window: Window | null;
  readonly crop?: Crop;
  readonly model?: string;
}

/** A concept of a coding scheme, as in DICOM (PS3.3 8.8): `{scheme: "SCT", value: "10200004", meaning: "Liver"}`. */
export interface Code {
  readonly scheme: string;
  readonly value: string;
  readonly meaning: string;
}

/** Where a mask comes from. */
export type MaskOrigin = "prompted" | "edited" | "propagated" | "interpolated" | "imported";

/** A mask of one slice that is kept by its content. */
export interface KeptMask {
  readonly at: SliceRef;
  /** Of the mask's run lengths; `maskDigestText` is what is hashed. */
  readonly mask: Digest;
  readonly predictedIou?: number;
  /** Made from a name and nothing else. */
  readonly byName?: boolean;
  /** Worth a look before it is trusted. */
  readonly doubtful?: boolean;
}

interface Grouped {
  /** Neighbours of one group are one step: a viewer takes them back and brings them again together. */
  readonly group?: string;
}

/** How far a person is with a segment. */
export type ReviewState = "to-do" | "done" | "checked";

/** Ruler, angle and the values of one pixel. */
export type MeasuringTool = "length" | "angle" | "probe";

/** What can be taken back in one step. */
export type LogAction = Grouped & Action;

type Action =
  | {
      readonly kind: "add-segment";
      readonly segmentId: string;
      /** From 1; never given again in this log. */
      readonly number: number;
      readonly name: string;
      readonly colour: string;
      readonly code?: Code;
    }
  /** Only the fields that are given change. */
  | {
      readonly kind: "change-segment";
      readonly segmentId: string;
      readonly name?: string;
      readonly colour?: string;
      readonly code?: Code;
      /** Prompts and edits leave a locked segment alone. */
      readonly locked?: boolean;
      readonly review?: ReviewState;
      /** Segments of one name stand together in the list; an empty one takes the segment out of its group. */
      readonly groupName?: string;
    }
  | { readonly kind: "remove-segment"; readonly segmentId: string }
  /** The order of the list, top first. Segments that are left out follow in the order they have. */
  | { readonly kind: "order-segments"; readonly segmentIds: readonly string[] }
  /** One gesture: usually one prompt, several when they were sent together. */
  | {
      readonly kind: "prompt";
      readonly segmentId: string;
      readonly at: EncodedRef;
      readonly prompts: readonly Prompt[];
      readonly multimask?: boolean;
    }
  /** Which of the candidate masks of the last prompt is meant. */
  | { readonly kind: "choose"; readonly segmentId: string; readonly at: SliceRef; readonly candidate: number }
  /** Forgets all that made the mask of one segment on one slice. */
  | { readonly kind: "clear"; readonly segmentId: string; readonly at: SliceRef }
  /** Masks as they are: drawn by hand, imported, or the result of a job. Each replaces what its slice had. */
  | {
      readonly kind: "masks";
      readonly segmentId: string;
      readonly origin: Exclude<MaskOrigin, "prompted">;
      readonly masks: readonly KeptMask[];
    }
  | {
      readonly kind: "add-measurement";
      readonly measurementId: string;
      readonly tool: MeasuringTool;
      readonly at: SliceRef;
      /** Two places of a length; of an angle the vertex is the second of three; one of a probe. */
      readonly points: readonly SlicePoint[];
      /** Modality values of a probe's pixel, one for each channel: the image never changes, so they hold. */
      readonly values?: readonly number[];
    }
  | {
      readonly kind: "move-measurement";
      readonly measurementId: string;
      readonly at: SliceRef;
      readonly points: readonly SlicePoint[];
      readonly values?: readonly number[];
    }
  | { readonly kind: "remove-measurement"; readonly measurementId: string; readonly at: SliceRef };

/** A line of the log. */
export type LogEntry = LogAction | { readonly kind: "undo" } | { readonly kind: "redo" };

export type PromptAction = Extract<LogAction, { kind: "prompt" }>;

/** The segment that an action is about; `undefined` for one about the whole list. */
export const segmentOf = (action: LogAction | undefined): string | undefined =>
  action && "segmentId" in action ? action.segmentId : undefined;
