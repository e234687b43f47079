/** Command name → action, for shortcuts. */

import type { Prompts } from "../annotate/prompts.ts";
import { resizeBrush } from "../edit/brush.ts";
import type { Edits } from "../edit/edits.ts";
import type { Strokes } from "../edit/strokes.ts";
import type { Images } from "../image/images.ts";
import type { ViewControls } from "../image/view.ts";
import type { Finding } from "../naming/finding.ts";
import { activeMask, windowsOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import type { Store } from "../state/store.ts";
import type { Studies } from "../studies/studies.ts";
import type { Propagation } from "../volume/propagation.ts";
import type { Tour } from "../volume/tour.ts";
import { addCursorCorner, enterCursor, leaveCursor } from "./cursor.ts";
import { finishGesture } from "./gestures.ts";
import type { Command } from "./keymap.ts";

export interface Commands {
  /** Runs a command; false when it does not apply now and the key should keep its usual meaning. */
  run(command: Command): boolean;
  /** `Ctrl`+digit: the segment of that number. */
  pickSegment(number: number): void;
}

interface Parts {
  readonly store: Store;
  readonly prompts: Prompts;
  readonly strokes: Strokes;
  readonly edits: Edits;
  readonly images: Images;
  readonly studies: Studies;
  readonly view: ViewControls;
  readonly propagation: Propagation;
  readonly tour: Tour;
  readonly scope: EventTarget;
  readonly finding: Finding;
}

type Actions = Readonly<Record<Command, () => unknown>>;

const ZOOM_STEP = 1.25;

/** An action that returns `false` lets the key through. */
export function createCommands(parts: Parts): Commands {
  const actions: Actions = {
    ...toolActions(parts),
    ...promptActions(parts),
    ...sliceActions(parts),
    ...viewActions(parts),
    ...volumeActions(parts),
  };
  return {
    run: (command) => actions[command]() !== false,
    pickSegment(number) {
      const segment = segmentList(parts.store.state).find((candidate) => candidate.number === number);
      if (segment) parts.prompts.select(segment.id);
    },
  };
}

function toolActions({ store, prompts, edits, view }: Parts) {
  return {
    "tool.point": () => view.setTool("point"),
    "tool.box": () => {
      if (store.state.cursor) addCursorCorner(store, prompts);
      else view.setTool("box");
    },
    "tool.scribble": () => view.setTool("scribble"),
    "tool.lasso": () => view.setTool("lasso"),
    "tool.brush": () => view.setTool("brush"),
    "tool.eraser": () => view.setTool("eraser"),
    "brush.larger": () => resizeBrush(store, 1),
    "brush.smaller": () => resizeBrush(store, -1),
    "edit.copyOn": () => edits.copy(1),
    "edit.copyBack": () => edits.copy(-1),
    "edit.fillHoles": () => edits.apply({ kind: "fill-holes" }),
    "tool.length": () => view.setTool("length"),
    "tool.angle": () => view.setTool("angle"),
    "tool.probe": () => view.setTool("probe"),
    "tool.pan": () => view.setTool("pan"),
    "tool.window": () => view.setTool("window"),
  } satisfies Partial<Actions>;
}

function promptActions({ store, prompts, strokes, view, scope }: Parts) {
  /** Tab moves focus as usual when there is nothing to choose, and in crosshair mode after the last candidate (WCAG 2.1.2). */
  const candidate = (step: 1 | -1) => {
    const mask = activeMask(store.state);
    if (!mask || mask.candidates.length < 2) return false;
    const end = step === 1 ? mask.candidates.length - 1 : 0;
    if (store.state.cursor && mask.chosen === end) return false;
    return prompts.nextCandidate(step);
  };
  return {
    "prompt.sign": view.toggleSign,
    "prompt.text": () => scope.dispatchEvent(new CustomEvent("focus-text-prompt")),
    "prompt.preview": () => store.set({ previewOn: !store.state.previewOn, preview: undefined }),
    "prompt.candidate": () => candidate(1),
    "prompt.candidateBack": () => candidate(-1),
    "prompt.accept": () => (store.state.gesture ? finishGesture(store, prompts) : prompts.accept()),
    "prompt.new": () => void prompts.newSegment(),
    "prompt.clear": prompts.clear,
    "prompt.cancel": () => {
      if (store.state.stroke) strokes.cancel();
      else if (store.state.gesture || store.state.measuring) store.set({ gesture: undefined, measuring: undefined });
      else if (store.state.cursor) leaveCursor(store);
      else if (store.state.tool !== "point") view.setTool("point");
      else return false;
      return true;
    },
    "edit.undo": prompts.undo,
    "edit.redo": prompts.redo,
  } satisfies Partial<Actions>;
}

function volumeActions({ propagation, tour, finding }: Parts) {
  return {
    "names.find": finding.toggle,
    "names.findAll": finding.toggleVolume,
    "names.guess": finding.guess,
    "volume.propagate": () => propagation.start(),
    "volume.doubtful": () => tour.nextDoubtful(1),
    "volume.doubtfulBack": () => tour.nextDoubtful(-1),
    "volume.play": tour.togglePlay,
  } satisfies Partial<Actions>;
}

function sliceActions({ store, images, studies }: Parts) {
  const last = () => (store.state.image?.plane.count ?? 1) - 1;
  return {
    "slice.next": () => images.step(1),
    "slice.previous": () => images.step(-1),
    "slice.forward": () => images.step(10),
    "slice.back": () => images.step(-10),
    "slice.first": () => images.setSlice(0),
    "slice.last": () => images.setSlice(last()),
    "picture.next": () => studies.step(1),
    "picture.previous": () => studies.step(-1),
  } satisfies Partial<Actions>;
}

function viewActions({ store, images, view, scope }: Parts) {
  const preset = (index: number) => () => {
    const { image } = store.state;
    const window = image && windowsOf(image)[index];
    if (window) images.setWindow(window);
  };
  return {
    "view.zoomIn": () => view.zoom(ZOOM_STEP),
    "view.zoomOut": () => view.zoom(1 / ZOOM_STEP),
    "view.reset": view.reset,
    "view.layout": view.toggleLayout,
    "view.overlay": view.cycleOverlay,
    "view.cursor": () => {
      enterCursor(store);
      scope.dispatchEvent(new CustomEvent("focus-image"));
    },
    "view.help": () => store.set({ dialog: store.state.dialog === "help" ? undefined : "help" }),
    "window.1": preset(0),
    "window.2": preset(1),
    "window.3": preset(2),
    "window.4": preset(3),
    "window.5": preset(4),
  } satisfies Partial<Actions>;
}
