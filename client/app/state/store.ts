import type { State } from "./state.ts";

export interface Store {
  readonly state: State;
  /** Replaces the state by a pure function of it; listeners hear of it once, at once. */
  update(change: (state: State) => State): void;
  /** Merges fields into the state. */
  set(fields: Partial<State>): void;
  subscribe(listener: () => void): () => void;
}

/** One immutable state and its listeners. */
export function createStore(initial: State): Store {
  let state = initial;
  const listeners = new Set<() => void>();
  const update = (change: (state: State) => State) => {
    const next = change(state);
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  };
  return {
    get state() {
      return state;
    },
    update,
    set: (fields) => update((current) => ({ ...current, ...fields })),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
