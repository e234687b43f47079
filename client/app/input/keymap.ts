/** Shortcuts as data. A chord is lower-case, modifiers first: `mod+shift+z` (mod = Ctrl, or ⌘ on a Mac). */

import { t } from "../i18n/index.ts";

export type Command =
  | "tool.point"
  | "tool.box"
  | "tool.scribble"
  | "tool.lasso"
  | "tool.brush"
  | "tool.eraser"
  | "tool.length"
  | "tool.angle"
  | "tool.probe"
  | "edit.copyOn"
  | "edit.copyBack"
  | "edit.fillHoles"
  | "brush.larger"
  | "brush.smaller"
  | "tool.pan"
  | "tool.window"
  | "prompt.sign"
  | "prompt.text"
  | "names.find"
  | "names.findAll"
  | "names.guess"
  | "prompt.preview"
  | "prompt.candidate"
  | "prompt.candidateBack"
  | "prompt.accept"
  | "prompt.new"
  | "prompt.cancel"
  | "prompt.clear"
  | "edit.undo"
  | "edit.redo"
  | "volume.propagate"
  | "volume.doubtful"
  | "volume.doubtfulBack"
  | "volume.play"
  | "view.layout"
  | "slice.next"
  | "slice.previous"
  | "slice.forward"
  | "slice.back"
  | "slice.first"
  | "slice.last"
  | "picture.next"
  | "picture.previous"
  | "view.zoomIn"
  | "view.zoomOut"
  | "view.reset"
  | "view.overlay"
  | "view.cursor"
  | "view.help"
  | `window.${1 | 2 | 3 | 4 | 5}`;

export type ShortcutGroup = "prompts" | "correct" | "segments" | "measure" | "slices" | "view";

export interface Shortcut {
  readonly command: Command;
  readonly group: ShortcutGroup;
  readonly chords: readonly string[];
}

export const SHORTCUTS: readonly Shortcut[] = [
  { command: "tool.point", group: "prompts", chords: ["p"] },
  { command: "tool.box", group: "prompts", chords: ["b"] },
  { command: "tool.scribble", group: "prompts", chords: ["s"] },
  { command: "tool.lasso", group: "prompts", chords: ["l"] },
  { command: "tool.brush", group: "correct", chords: ["d"] },
  { command: "tool.eraser", group: "correct", chords: ["e"] },
  { command: "brush.larger", group: "correct", chords: ["]"] },
  { command: "brush.smaller", group: "correct", chords: ["["] },
  { command: "edit.fillHoles", group: "correct", chords: ["f"] },
  { command: "edit.copyOn", group: "correct", chords: ["mod+arrowdown"] },
  { command: "edit.copyBack", group: "correct", chords: ["mod+arrowup"] },
  { command: "prompt.text", group: "prompts", chords: ["t", "/"] },
  { command: "names.find", group: "prompts", chords: ["shift+f"] },
  { command: "names.findAll", group: "prompts", chords: ["alt+shift+f"] },
  { command: "names.guess", group: "segments", chords: ["i"] },
  { command: "prompt.sign", group: "prompts", chords: ["x"] },
  { command: "prompt.preview", group: "prompts", chords: ["v"] },
  { command: "prompt.candidate", group: "prompts", chords: ["tab"] },
  { command: "prompt.candidateBack", group: "prompts", chords: ["shift+tab"] },
  { command: "edit.undo", group: "prompts", chords: ["mod+z"] },
  { command: "edit.redo", group: "prompts", chords: ["mod+shift+z", "mod+y"] },
  { command: "prompt.cancel", group: "prompts", chords: ["escape"] },
  { command: "prompt.accept", group: "segments", chords: ["enter", "mod+enter"] },
  { command: "prompt.new", group: "segments", chords: ["n"] },
  { command: "prompt.clear", group: "segments", chords: ["backspace", "delete"] },
  { command: "tool.length", group: "measure", chords: ["m"] },
  { command: "tool.angle", group: "measure", chords: ["a"] },
  { command: "tool.probe", group: "measure", chords: ["u"] },
  { command: "volume.propagate", group: "slices", chords: ["shift+p"] },
  { command: "volume.doubtful", group: "slices", chords: ["j"] },
  { command: "volume.doubtfulBack", group: "slices", chords: ["shift+j"] },
  { command: "volume.play", group: "slices", chords: ["k"] },
  { command: "slice.next", group: "slices", chords: ["arrowdown", "arrowright"] },
  { command: "slice.previous", group: "slices", chords: ["arrowup", "arrowleft"] },
  { command: "slice.forward", group: "slices", chords: ["pagedown"] },
  { command: "slice.back", group: "slices", chords: ["pageup"] },
  { command: "slice.first", group: "slices", chords: ["home"] },
  { command: "slice.last", group: "slices", chords: ["end"] },
  { command: "picture.next", group: "slices", chords: ["."] },
  { command: "picture.previous", group: "slices", chords: [","] },
  { command: "view.zoomIn", group: "view", chords: ["+", "="] },
  { command: "view.zoomOut", group: "view", chords: ["-"] },
  { command: "view.reset", group: "view", chords: ["r"] },
  { command: "view.layout", group: "view", chords: ["q"] },
  { command: "view.overlay", group: "view", chords: ["o"] },
  { command: "view.cursor", group: "view", chords: ["c"] },
  { command: "tool.pan", group: "view", chords: ["g"] },
  { command: "tool.window", group: "view", chords: ["shift+w"] },
  { command: "window.1", group: "view", chords: ["1"] },
  { command: "window.2", group: "view", chords: ["2"] },
  { command: "window.3", group: "view", chords: ["3"] },
  { command: "window.4", group: "view", chords: ["4"] },
  { command: "window.5", group: "view", chords: ["5"] },
  { command: "view.help", group: "view", chords: ["?", "f1"] },
];

/** Held keys that change what a drag does; not commands. */
export const HOLD = { pan: " ", window: "w", peek: "h" } as const;

export type Overrides = Readonly<Partial<Record<Command, string>>>;

/** Chord → command, with the user's own keys in place of the defaults. */
export function resolveKeymap(overrides: Overrides): ReadonlyMap<string, Command> {
  const map = new Map<string, Command>();
  for (const { command, chords } of SHORTCUTS)
    if (overrides[command] === undefined) for (const chord of chords) map.set(chord, command);
  for (const { command } of SHORTCUTS) {
    const own = overrides[command];
    if (own !== undefined) map.set(own, command);
  }
  return map;
}

/** The chord of a key press. `+` and `?` carry their shift in the character. */
export function chordOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const key = event.key.toLowerCase();
  const named = key.length > 1;
  const letter = /^[a-z]$/.test(key);
  return [
    event.ctrlKey || event.metaKey ? "mod" : "",
    event.altKey ? "alt" : "",
    event.shiftKey && (named || letter) ? "shift" : "",
    key,
  ]
    .filter(Boolean)
    .join("+");
}

/** A chord as people read it. */
export function chordText(chord: string): string {
  const names: Readonly<Record<string, string>> = t.keys;
  return chord
    .split(/\+(?=.)/)
    .map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part[0].toUpperCase() + part.slice(1)))
    .join(" + ");
}
