/** Base of the viewer's elements: they are functions of the store's state and render again when their part of it changes. */
import { LitElement } from "lit";
import type { Controls } from "../../input/controls.ts";
import type { State } from "../../state/state.ts";

export abstract class ViewerElement extends LitElement {
  static override properties = { app: { attribute: false } };
  declare app: Controls;
  #unsubscribe: () => void = () => {};
  #seen: readonly unknown[] = [];

  /** The parts of the state that the element shows; compared one by one. */
  protected abstract watch(state: State): readonly unknown[];

  protected get state(): State {
    return this.app.store.state;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unsubscribe = this.app.store.subscribe(() => {
      const now = this.watch(this.state);
      if (now.every((value, index) => value === this.#seen[index])) return;
      this.#seen = now;
      this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
  }
}
