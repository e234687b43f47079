/** Keys of the page, or of the viewer's element in another page: shortcuts, crosshair, keys that are held. */
import { isMeasuring } from "../state/measurements.ts";
import type { Controls } from "./controls.ts";
import { addCursorPoint, moveCursor } from "./cursor.ts";
import { chordOf, HOLD } from "./keymap.ts";
import { extendMeasuring, measureAtCursor } from "./measuring.ts";

export interface Held {
  readonly pan: boolean;
  readonly window: boolean;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Returns which drag-changing keys are down. Listens until `signal` aborts. */
export function listenToKeys(app: Controls, signal: AbortSignal): Held {
  const held = { pan: false, window: false };
  const { scope } = app;
  let pointed = false;
  const pressed = (event: Event) => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented || isTyping(event)) return;
    if (app.store.state.arriving) return; // the image that keys would reach is not the one that is looked at
    if (hold(app, held, event, true) || cursorKey(app, event) || pickSegment(app, event)) return event.preventDefault();
    const command = app.shortcuts.commandOf(chordOf(event));
    if (!command || (ownsKey(event, pointed) && !command.startsWith("edit."))) return;
    if (app.commands.run(command)) event.preventDefault();
  };
  const released = (event: Event) => event instanceof KeyboardEvent && hold(app, held, event, false);
  // A key released in another window never comes up here.
  const left = () => {
    held.pan = held.window = false;
    app.store.set({ peek: false });
  };
  scope.addEventListener("keydown", pressed, { signal });
  scope.addEventListener("pointerdown", () => (pointed = true), { signal });
  scope.addEventListener("keyup", released, { signal });
  addEventListener("blur", left, { signal });
  return held;
}

const targetOf = (event: Event) => event.composedPath()[0];

/** Inputs whose keys are letters; a file picker that keeps the focus is none of them. */
const TEXT_TYPES = ["text", "search", "number", "email", "url", "tel", "password"];

/** Keys in text fields belong to the text. */
function isTyping(event: KeyboardEvent): boolean {
  const target = targetOf(event);
  const field = target instanceof HTMLInputElement && TEXT_TYPES.includes(target.type);
  return (field || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) && event.key !== "F1";
}

/**
 * Buttons keep Enter and Space; sliders, toolbars and lists keep their arrows; Tab moves focus everywhere but on the canvas,
 * and on the page itself until it was `pointed` at: who has the keyboard alone must get in.
 */
function ownsKey(event: KeyboardEvent, pointed = true): boolean {
  const path = event.composedPath().filter((node) => node instanceof Element);
  const onPage = (pointed && path[0] === document.body) || path[0]?.matches("canvas") === true;
  if (event.key === "Tab") return !onPage;
  if (path.some((node) => node.matches("dialog[open]"))) return event.key !== "F1" && event.key !== "?";
  const control = path[0]?.matches("button, a, input, select, summary, [role=radio], [role=slider]") ?? false;
  if (event.key === "Enter" || event.key === " ") return control;
  const moves =
    event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End" || event.key.startsWith("Page");
  return (
    moves &&
    path.some((node) => node.matches("[role=toolbar], [role=slider], [role=radiogroup], [role=menu], input, select"))
  );
}

function hold(app: Controls, held: { pan: boolean; window: boolean }, event: KeyboardEvent, down: boolean): boolean {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  if (down && (!plain || !app.shortcuts.singleKeys || (event.key === HOLD.pan && ownsKey(event)))) return false;
  const key = event.key.toLowerCase();
  if (key === HOLD.pan) held.pan = down;
  else if (key === HOLD.window) held.window = down;
  else if (key === HOLD.peek) app.store.set({ peek: down });
  else return false;
  return true;
}

/** While the crosshair is shown, arrows and Enter are its keys. */
function cursorKey({ store, prompts, measures }: Controls, event: KeyboardEvent): boolean {
  if (!store.state.cursor || event.ctrlKey || event.metaKey || ownsKey(event)) return false;
  const arrow = ARROWS[event.key];
  if (arrow) {
    const step = event.shiftKey ? 10 : 1;
    moveCursor(store, arrow[0] * step, arrow[1] * step);
    if (store.state.cursor) extendMeasuring(store, store.state.cursor);
    return true;
  }
  if (event.key !== "Enter") return false;
  const { tool } = store.state;
  if (isMeasuring(tool)) measureAtCursor(store, measures, tool);
  else addCursorPoint(store, prompts, event.shiftKey ? "background" : "foreground");
  return true;
}

function pickSegment(app: Controls, event: KeyboardEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || !/^[0-9]$/.test(event.key)) return false;
  app.commands.pickSegment(Number(event.key) || 10);
  return true;
}
