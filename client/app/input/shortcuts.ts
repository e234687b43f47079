/** The user's own keys, kept in this browser (WCAG 2.1.4: single keys can be changed and switched off). */
import { type Command, type Overrides, resolveKeymap } from "./keymap.ts";

const KEY = "promptomy.shortcuts";

interface Stored {
  readonly singleKeys: boolean;
  readonly overrides: Overrides;
}

export interface Shortcuts {
  readonly singleKeys: boolean;
  readonly overrides: Overrides;
  commandOf(chord: string): Command | undefined;
  assign(command: Command, chord: string): void;
  setSingleKeys(on: boolean): void;
  restore(): void;
}

const DEFAULTS: Stored = { singleKeys: true, overrides: {} };

export function createShortcuts(): Shortcuts {
  let stored = read();
  let map = resolveKeymap(stored.overrides);
  const write = (next: Stored) => {
    stored = next;
    map = resolveKeymap(next.overrides);
    localStorage.setItem(KEY, JSON.stringify(next));
  };
  return {
    get singleKeys() {
      return stored.singleKeys;
    },
    get overrides() {
      return stored.overrides;
    },
    commandOf: (chord) => (!stored.singleKeys && chord.length === 1 ? undefined : map.get(chord)),
    assign: (command, chord) => write({ ...stored, overrides: { ...stored.overrides, [command]: chord } }),
    setSingleKeys: (singleKeys) => write({ ...stored, singleKeys }),
    restore: () => write(DEFAULTS),
  };
}

function read(): Stored {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return DEFAULTS;
  }
}
