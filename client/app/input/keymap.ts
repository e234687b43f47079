/** Shortcuts as data. A chord is lower-case, modifiers first: `mod+shift+z` (mod = Ctrl, or ⌘ on a Mac). */

export type Command =
  | "tool.point"
  | "tool.box"
  | "tool.scribble"
  | "tool.lasso"
  | "tool.pan"
  | "tool.window"
  | "prompt.sign"
  | "prompt.text"
  | "prompt.preview"
  | "prompt.candidate"
  | "prompt.candidateBack"
  | "prompt.accept"
  | "prompt.new"
  | "prompt.cancel"
  | "prompt.clear"
  | "edit.undo"
  | "edit.redo"
  | "slice.next"
  | "slice.previous"
  | "slice.forward"
  | "slice.back"
  | "slice.first"
  | "slice.last"
  | "view.zoomIn"
  | "view.zoomOut"
  | "view.reset"
  | "view.overlay"
  | "view.cursor"
  | "view.help"
  | `window.${1 | 2 | 3 | 4 | 5}`;

export type ShortcutGroup = "Prompts" | "Labels" | "Slices" | "View";

export interface Shortcut {
  readonly command: Command;
  readonly group: ShortcutGroup;
  readonly text: string;
  readonly chords: readonly string[];
}

export const SHORTCUTS: readonly Shortcut[] = [
  { command: "tool.point", group: "Prompts", text: "Point tool", chords: ["p"] },
  { command: "tool.box", group: "Prompts", text: "Box tool; with the crosshair: corner", chords: ["b"] },
  { command: "tool.scribble", group: "Prompts", text: "Scribble tool", chords: ["s"] },
  { command: "tool.lasso", group: "Prompts", text: "Lasso tool", chords: ["l"] },
  { command: "prompt.text", group: "Prompts", text: "Segment by name", chords: ["t", "/"] },
  { command: "prompt.sign", group: "Prompts", text: "Include or exclude", chords: ["x"] },
  { command: "prompt.preview", group: "Prompts", text: "Preview under the pointer", chords: ["v"] },
  { command: "prompt.candidate", group: "Prompts", text: "Next candidate", chords: ["tab"] },
  { command: "prompt.candidateBack", group: "Prompts", text: "Previous candidate", chords: ["shift+tab"] },
  { command: "edit.undo", group: "Prompts", text: "Undo", chords: ["mod+z"] },
  { command: "edit.redo", group: "Prompts", text: "Redo", chords: ["mod+shift+z", "mod+y"] },
  { command: "prompt.cancel", group: "Prompts", text: "Cancel", chords: ["escape"] },
  { command: "prompt.accept", group: "Labels", text: "Accept mask", chords: ["enter", "mod+enter"] },
  { command: "prompt.new", group: "Labels", text: "New label", chords: ["n"] },
  { command: "prompt.clear", group: "Labels", text: "Clear this mask", chords: ["backspace", "delete"] },
  { command: "slice.next", group: "Slices", text: "Next slice", chords: ["arrowdown", "arrowright"] },
  { command: "slice.previous", group: "Slices", text: "Previous slice", chords: ["arrowup", "arrowleft"] },
  { command: "slice.forward", group: "Slices", text: "10 slices on", chords: ["pagedown"] },
  { command: "slice.back", group: "Slices", text: "10 slices back", chords: ["pageup"] },
  { command: "slice.first", group: "Slices", text: "First slice", chords: ["home"] },
  { command: "slice.last", group: "Slices", text: "Last slice", chords: ["end"] },
  { command: "view.zoomIn", group: "View", text: "Zoom in", chords: ["+", "="] },
  { command: "view.zoomOut", group: "View", text: "Zoom out", chords: ["-"] },
  { command: "view.reset", group: "View", text: "Reset view", chords: ["r"] },
  { command: "view.overlay", group: "View", text: "Fill, outline, off", chords: ["o"] },
  { command: "view.cursor", group: "View", text: "Crosshair for the keyboard", chords: ["c"] },
  { command: "tool.pan", group: "View", text: "Pan tool", chords: ["g"] },
  { command: "tool.window", group: "View", text: "Window tool", chords: ["shift+w"] },
  { command: "window.1", group: "View", text: "Window preset 1", chords: ["1"] },
  { command: "window.2", group: "View", text: "Window preset 2", chords: ["2"] },
  { command: "window.3", group: "View", text: "Window preset 3", chords: ["3"] },
  { command: "window.4", group: "View", text: "Window preset 4", chords: ["4"] },
  { command: "window.5", group: "View", text: "Window preset 5", chords: ["5"] },
  { command: "view.help", group: "View", text: "This help", chords: ["?", "f1"] },
];

/** Held keys that change what a drag does; not commands. */
export const HOLD = { pan: " ", window: "w", peek: "h" } as const;

/** Pointer actions, for the help page. */
export const POINTER_HELP: readonly (readonly [string, string])[] = [
  ["Click", "Include this place"],
  ["Right-click, Alt+click, long-press", "Exclude this place"],
  ["Shift+drag", "Box, in any tool"],
  ["Wheel, one finger up or down", "Slices"],
  ["Ctrl+wheel, pinch", "Zoom"],
  ["Space+drag, middle button, two fingers", "Pan"],
  ["W+drag, Ctrl+drag", "Window"],
  ["Hold H", "Hide masks while held"],
  ["Ctrl+0…9", "Pick label"],
];

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
  const names: Record<string, string> = {
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
  };
  return chord
    .split(/\+(?=.)/)
    .map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part[0].toUpperCase() + part.slice(1)))
    .join(" + ");
}
