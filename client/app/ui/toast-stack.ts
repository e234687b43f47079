/** Failures and notes, with what can be done about them. */
import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../i18n/index.ts";
import type { State, Toast } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";

export class ToastStack extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        /* Over the segments panel and the bars, never over the image: what is there may be clicked at any moment. */
        position: absolute;
        z-index: 15;
        right: 10px;
        bottom: 92px;
        width: 280px;
      }
      :host([low]) {
        bottom: 34px;
      }
      div[role] {
        display: grid;
        gap: 6px;
        justify-items: stretch;
      }
      .toast {
        display: grid;
        grid-template-columns: 1fr auto;
        align-items: start;
        gap: 0 8px;
        max-width: 100%;
        padding: 4px 6px 4px 14px;
        border-radius: var(--radius);
        background: var(--raised);
        box-shadow: var(--shadow);
        border-left: 3px solid var(--accent);
      }
      .toast.error {
        border-left-color: var(--negative);
      }
      p {
        margin: 0;
        padding: 6px 0;
        overflow-wrap: anywhere;
      }
      code {
        margin-left: 8px;
        font: 11px ui-monospace, monospace;
        color: var(--muted);
      }
      @container (max-width: 1100px) {
        :host {
          width: 236px;
        }
      }
      @container (max-width: 760px) {
        :host,
        :host([low]) {
          left: 8px;
          right: 8px;
          bottom: 6px;
          width: auto;
        }
      }
      .acts {
        grid-column: 1 / -1;
        display: flex;
        flex-wrap: wrap;
        justify-content: end;
        gap: 4px;
      }
      .act {
        color: var(--accent);
        font-weight: 600;
      }
    `,
  ];

  protected watch = ({ toasts, panelOpen }: State) => [toasts, panelOpen];

  override render() {
    this.toggleAttribute("low", !this.state.panelOpen);
    return html`<div role="alert">${repeat(
      this.state.toasts,
      ({ id }) => id,
      (toast) => this.#toast(toast),
    )}</div>`;
  }

  #toast({ id, tone, text, code, actions }: Toast) {
    const dismiss = () => this.app.notifier.dismiss(id);
    return html`<div class="toast ${tone}">
      <p>${text}${code ? html`<code>${code}</code>` : nothing}</p>
      <button class="icon" aria-label=${t.dismiss} @click=${dismiss}>${icon("close", 16)}</button>
      ${actions.length === 0 ? nothing : html`<div class="acts">${actions.map((action) => this.#act(action, dismiss))}</div>`}
    </div>`;
  }

  #act({ label, run }: Toast["actions"][number], dismiss: () => void) {
    return html`<button class="act" @click=${() => {
      dismiss();
      run();
    }}>${label}</button>`;
  }
}

customElements.define("toast-stack", ToastStack);
