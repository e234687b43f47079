/** A modal dialog that is open while the state says so. */
import { css, html, type TemplateResult } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { t } from "../../i18n/index.ts";
import type { DialogName, State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { icon } from "../base/icons.ts";
import { controls } from "../base/styles.ts";

export const dialogStyles = css`
  dialog {
    width: min(var(--width, 560px), calc(100vw - 24px));
    max-height: calc(100dvh - 40px);
    padding: 0;
    border: 0;
    border-radius: 14px;
    background: var(--surface);
    color: var(--text);
    box-shadow: var(--shadow);
  }
  dialog::backdrop {
    background: var(--veil);
  }
  header,
  footer {
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 12px 20px;
  }
  header {
    position: sticky;
    top: 0;
    z-index: 1;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  footer {
    border-top: 1px solid var(--line);
    flex-wrap: wrap;
  }
  .body {
    padding: 14px 20px;
  }
  h2 {
    flex: none;
    margin: 0;
    font-size: 17px;
  }
  h3 {
    margin: 0 0 6px;
    font-size: 11px;
    letter-spacing: 0.08em;
    text-transform: uppercase;
    color: var(--accent);
  }
  header p {
    flex: 1;
    margin: 0;
    color: var(--muted);
  }
  .space {
    flex: 1;
  }
`;

export abstract class DialogElement extends ViewerElement {
  protected abstract readonly name: DialogName;
  protected readonly dialog = createRef<HTMLDialogElement>();

  static override styles = [controls, dialogStyles];

  /** Runs each time the dialog opens. */
  protected opened(): void {}

  /** Runs each time it has closed, by whatever way. */
  protected closed(): void {}

  protected override watch(state: State): readonly unknown[] {
    return [state.dialog === this.name];
  }

  protected get isOpen(): boolean {
    return this.state.dialog === this.name;
  }

  protected close = () => this.dialog.value?.close();

  override updated(): void {
    const dialog = this.dialog.value;
    if (!dialog || dialog.open === this.isOpen) return;
    if (this.isOpen) {
      dialog.showModal();
      this.opened();
    } else dialog.close();
  }

  /** The frame, with `body` under its head. */
  protected frame(title: string, intro: string, body: TemplateResult): TemplateResult {
    return html`<dialog ${ref(this.dialog)} aria-labelledby="title" @close=${this.#onClose} @click=${this.#onBackdrop}>
      <header>
        <h2 id="title">${title}</h2><p>${intro}</p>
        <button class="icon" aria-label=${t.close} @click=${this.close}>${icon("close")}</button>
      </header>
      ${body}
    </dialog>`;
  }

  #onBackdrop = (event: Event) => {
    if (event.target === this.dialog.value) this.close();
  };

  #onClose = () => {
    if (this.isOpen) this.app.store.set({ dialog: undefined });
    this.closed();
  };
}
