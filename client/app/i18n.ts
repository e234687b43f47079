/** Every word the viewer shows, and how it writes numbers. A language is one value of `Catalogue`. */

const en = {
  product: "Promptomy",
  notice: "Research use only — not for diagnosis",
  open: "Open",
  openFiles: "Open image files",
  openFolder: "Open a folder",
  openHint: "DICOM, NIfTI, PNG, JPEG or WebP. Drop files or a folder anywhere.",
  dropHere: "Drop to open",
  dropDetail: (host: string) => `The images are sent to ${host} and to nowhere else.`,
  privacyLocal: "Images stay on this computer",
  privacyHost: (host: string) => `Images are sent to ${host}`,
  privacyDetail: (host: string) =>
    `Slices are encoded by the server at ${host}. Clicks, prompts and masks stay in this browser unless the badge says “Server”.`,
  help: "Keyboard shortcuts and help",
  helpTitle: "Shortcuts",
  helpIntro: "Every shortcut also has a button. Choose a key to change it.",
  helpPress: "press a key…",
  helpReset: "Restore defaults",
  helpSingleKeys: "Single-key shortcuts",
  helpMouse: "Mouse and touch",
  keys: {
    mod: "Ctrl",
    shift: "Shift",
    alt: "Alt",
    arrowdown: "↓",
    arrowup: "↑",
    arrowleft: "←",
    arrowright: "→",
    pagedown: "Page Down",
    pageup: "Page Up",
    escape: "Esc",
    " ": "Space",
  },
  shortcutGroups: { prompts: "Prompts", labels: "Labels", slices: "Slices", view: "View" },
  shortcuts: {
    "tool.point": "Point tool",
    "tool.box": "Box tool; with the crosshair: corner",
    "tool.scribble": "Scribble tool",
    "tool.lasso": "Lasso tool",
    "prompt.text": "Segment by name",
    "prompt.sign": "Include or exclude",
    "prompt.preview": "Preview under the pointer",
    "prompt.candidate": "Next candidate",
    "prompt.candidateBack": "Previous candidate",
    "edit.undo": "Undo",
    "edit.redo": "Redo",
    "prompt.cancel": "Cancel",
    "prompt.accept": "Accept mask",
    "prompt.new": "New label",
    "prompt.clear": "Clear this mask",
    "slice.next": "Next slice",
    "slice.previous": "Previous slice",
    "slice.forward": "10 slices on",
    "slice.back": "10 slices back",
    "slice.first": "First slice",
    "slice.last": "Last slice",
    "view.zoomIn": "Zoom in",
    "view.zoomOut": "Zoom out",
    "view.reset": "Reset view",
    "view.overlay": "Fill, outline, off",
    "view.cursor": "Crosshair for the keyboard",
    "tool.pan": "Pan tool",
    "tool.window": "Window tool",
    "window.1": "Window preset 1",
    "window.2": "Window preset 2",
    "window.3": "Window preset 3",
    "window.4": "Window preset 4",
    "window.5": "Window preset 5",
    "view.help": "This help",
  },
  pointerHelp: [
    ["Click", "Include this place"],
    ["Right-click, Alt+click, long-press", "Exclude this place"],
    ["Shift+drag", "Box, in any tool"],
    ["Wheel, one finger up or down", "Slices"],
    ["Ctrl+wheel, pinch", "Zoom"],
    ["Space+drag, middle button, two fingers", "Pan"],
    ["W+drag, Ctrl+drag", "Window"],
    ["Hold H", "Hide masks while held"],
    ["Ctrl+0…9", "Pick label"],
  ],
  close: "Close",
  dismiss: "Dismiss",
  retry: "Try again",
  seriesName: (count: number) => `Series of ${number(count)} files`,
  loadingStudy: "Loading the study",
  loadingUpload: (count: number) => (count === 1 ? "Sending 1 file" : `Sending ${number(count)} files`),
  stagePixels: (slice: number) => `Loading slice ${slice}`,
  stageEncoding: (slice: number) => `Encoding slice ${slice}`,
  stageQueued: (count: number) => (count === 1 ? "1 prompt waits" : `${count} prompts wait`),
  noStudy: "No study is open",
  noStudyDetail: "Drop DICOM, NIfTI or picture files here, or choose them.",
  planes: { native: "Native", axial: "Axial", coronal: "Coronal", sagittal: "Sagittal" },
  planeGroup: "Plane",
  windowGroup: "Display window",
  windowMore: "More windows",
  windowInvert: "Invert",
  windowManual: "Manual",
  windowReadout: (center: number, width: number) => `C ${number(center)}  W ${number(width)}`,
  encodedWith: (name: string) => `Masks use ${name}`,
  encodedWithDetail: "The display window differs from the one the model sees. Masks do not change with the display.",
  reencode: "Re-encode with this window",
  tools: {
    group: "Tools",
    point: "Point: click inside a structure",
    box: "Box: drag, or click two corners",
    scribble: "Scribble: draw along a structure",
    lasso: "Lasso: draw around a structure",
    pan: "Pan and zoom",
    window: "Window: drag for contrast and brightness",
  },
  toolNames: { point: "Point", box: "Box", scribble: "Scribble", lasso: "Lasso", pan: "Pan", window: "Window" },
  zoom: (value: string) => `Zoom ${value}`,
  view: { zoomIn: "Zoom in", zoomOut: "Zoom out", reset: "Reset view" },
  sign: { foreground: "Include", background: "Exclude", toggle: "Include or exclude" },
  textPlaceholder: "Name an organ, for example liver",
  textLabel: "Segment by name",
  textUnsupported: "This model takes no names; click instead",
  undo: "Undo",
  redo: "Redo",
  accept: "Accept",
  acceptDetail: "Accept this mask; the next prompt starts a new label",
  candidates: "Candidate masks",
  candidate: (index: number, iou: string) => `Candidate ${index}, ${iou} confidence`,
  labels: "Labels",
  newLabel: "New label",
  labelName: (index: number) => `Structure ${index}`,
  labelNameField: (index: number) => `Name of label ${index}`,
  labelSelect: (name: string) => `Edit ${name}`,
  labelShow: (name: string) => `Show ${name}`,
  labelHide: (name: string) => `Hide ${name}`,
  labelDelete: (name: string) => `Delete ${name}`,
  labelDeleted: (name: string) => `${name} deleted`,
  labelSlices: (count: number) => (count === 1 ? "1 slice" : `${count} slices`),
  noLabels: "Click a structure in the image and its mask appears here.",
  noMask: "no mask on this slice",
  nothingFound: "nothing found",
  accepted: "accepted",
  mean: "Mean",
  diameter: "Diameter",
  confidence: "Confidence",
  prompts: "Prompts",
  display: "Masks",
  overlay: { fill: "Fill", outline: "Outline", off: "Off" },
  overlayGroup: "Mask style",
  opacity: "Opacity",
  hoverPreview: "Preview under the pointer",
  about: "About this mask",
  aboutModel: "Model",
  aboutWindow: "Encoded window",
  aboutBackend: "Decoded by",
  aboutColour: "none (colour)",
  export: "Export",
  exportPng: "PNG mask, this slice",
  exportCoco: "COCO JSON, all slices",
  exportNifti: "NIfTI labelmap, whole volume",
  exportStem: "segmentation",
  exportNothing: "There is no mask to export yet.",
  exported: (name: string) => `${name} saved`,
  sliceSlider: "Slice",
  sliceOf: (slice: number, count: number) => `Slice ${slice} of ${count}`,
  canvas: "Image. Tab here, then move the crosshair with the arrow keys, Enter to include, Shift Enter to exclude.",
  panel: "Labels panel",
  panelToggle: "Show or hide the labels panel",
  backend: { webgpu: "WebGPU", wasm: "WASM", server: "Server" },
  backendStarting: "Starting",
  backendRecovering: "Recovering",
  backendTitle: (backend: string, reason: string) => `Masks are decoded by ${backend}. ${reason}`,
  modelTitle: (model: string) => `Model ${model}`,
  hints: {
    start: "Click inside a structure to segment it",
    refine: "Click to include, right-click to exclude, Tab for other candidates, Enter to accept",
    refineTouch: "Tap to refine, long-press to exclude",
    box: "Drag a box around a structure, or click two opposite corners",
    scribble: "Draw along the inside of a structure; right button excludes",
    lasso: "Draw around a structure; or click corners and double-click to close",
    pan: "Drag to pan, right-drag or Ctrl+wheel to zoom",
    window: "Drag sideways for contrast, up and down for brightness",
    cursor: "Arrows move, Enter includes, Shift+Enter excludes, B twice sets a box, Esc leaves",
    waiting: "The prompt is kept and applied when the slice is ready",
  },
  said: {
    mask: (name: string, area: string, iou: string) => `${name}: mask of ${area}, confidence ${iou}.`,
    empty: (name: string) => `${name}: nothing found here.`,
    absent: (name: string) => `${name} is probably not on this slice.`,
    undone: "Undone.",
    redone: "Redone.",
    slice: (slice: number, count: number) => `Slice ${slice} of ${count}.`,
    ready: "Slice ready.",
    accepted: (name: string) => `${name} accepted.`,
    candidate: (index: number, count: number) => `Candidate ${index} of ${count}.`,
  },
  errors: {
    connection: "The server does not answer. Your prompts are kept.",
    open: "This could not be opened.",
    encode: "This slice could not be encoded. Your prompts are kept.",
    decode: "The mask could not be computed. Your prompts are kept.",
    unknownTerm: (text: string, suggestions: readonly string[]) =>
      `The model does not know “${text}”.${suggestions.length > 0 ? ` Did you mean ${suggestions.join(", ")}?` : ""}`,
    format: (found: string, supported: string) => `It holds ${found}. What can be read: ${supported}.`,
    tooLarge: (what: string, limit: number) => `Too large: ${what}, the limit is ${number(limit)}.`,
    start: "The viewer could not start.",
    export: "The export failed.",
  },
} as const;

/** The words of one language. */
export type Catalogue = typeof en;

/** The words in use. */
export const t: Catalogue = en;

const language = "en";
const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });

/** A whole number, grouped as the language does. */
export function number(value: number): string {
  return plain.format(value);
}

/** A share of 1 as a percentage. */
export function share(value: number): string {
  return percent.format(Math.min(1, Math.max(0, value)));
}

/** An area with its unit: mm² (cm² from 10 cm²), or pixels when the file has no geometry. */
export function area(pixels: number, mm2: number | undefined): string {
  if (mm2 === undefined) return `${plain.format(pixels)} px`;
  return mm2 >= 1000 ? `${oneDigit.format(mm2 / 100)} cm²` : `${oneDigit.format(mm2)} mm²`;
}

/** A length along a scale bar. */
export function millimetres(mm: number): string {
  return mm >= 10 ? `${oneDigit.format(mm / 10)} cm` : `${oneDigit.format(mm)} mm`;
}

/** One decimal, for values under the pointer and spacings. */
export function decimal(value: number): string {
  return oneDigit.format(value);
}
