/** The viewer as a custom element, `<promptomy-viewer>`, as a page sees it. No code here. */
import type { Prompt } from "../../core/wire/index.ts";
import type { FrameFile, FrameImage, FrameMask, FramePlace, FrameSaved, FrameTarget } from "../frame/protocol.ts";

export type { FrameFile, FrameImage, FrameMask, FramePlace, FrameSaved, FrameTarget, Prompt };

/**
 * Attributes: `server`, the address of a Promptomy server that allows this page by CORS; `image-id`, or `study` and `series`
 * of its archive: what to open; `tools`, those on offer (`point box scribble lasso brush eraser length angle probe`), all when left out;
 * `theme`, `dark` or `light`, as the system has it when left out. Slots: `header`, `footer`.
 *
 * @example
 * <promptomy-viewer server="https://segment.example.org" image-id="sha256:…" tools="point box"></promptomy-viewer>
 */
export interface PromptomyViewerElement extends HTMLElement {
  /** `undefined` while nothing is open. */
  readonly image: FrameImage | undefined;
  /** Opens something else than the attributes say; resolves when it is open. */
  load(target: FrameTarget): Promise<FrameImage>;
  /** Gives prompts to the selected segment, on the slice shown or on `at`. Resolves with the mask. */
  prompt(prompts: readonly Prompt[], at?: FramePlace): Promise<FrameMask>;
  /** Every mask that is there. */
  masks(): readonly FrameMask[];
  /** The segmentation as files, in a format of the export dialog: `nifti`, `dicom-seg`, … */
  files(format: string): Promise<readonly FrameFile[]>;
}

declare global {
  interface HTMLElementTagNameMap {
    "promptomy-viewer": PromptomyViewerElement;
  }
  interface HTMLElementEventMap {
    /** A mask came, changed, or (area 0) went. Bubbles. */
    "promptomy-mask": CustomEvent<FrameMask>;
    /** The user exports a result. Bubbles; `preventDefault()` takes it: nothing is downloaded. */
    "promptomy-saved": CustomEvent<FrameSaved>;
  }
}
