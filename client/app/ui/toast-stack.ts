/** Failures and notes, with what can be done about them. */
import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../i18n.ts";
import type { State, Toast } from "../state/state.ts";
import { ViewerElement } from "./element.ts";
import { icon } from "./icons.ts";
import { controls } from "./styles.ts";

export class ToastStack extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        position: absolute;
        z-index: 15;
        left: 50%;
        bottom: 100px;
        translate: -50% 0;
        width: min(520px, calc(100% - 24px));
        pointer-events: none;
      }
      div[role] {
        display: grid;
        gap: 8px;
        justify-items: center;
      }
      .toast {
        display: flex;
        align-items: center;
        gap: 12px;
        max-width: 100%;
        padding: 8px 8px 8px 16px;
        border-radius: var(--radius);
        background: var(--raised);
        box-shadow: var(--shadow);
        border-left: 3px solid var(--accent);
        pointer-events: auto;
      }
      .toast.error {
        border-left-color: var(--negative);
      }
      p {
        margin: 0;
        overflow-wrap: anywhere;
      }
      code {
        display: block;
        font: 11px ui-monospace, monospace;
        color: var(--muted);
      }
      .act {
        color: var(--accent);
        font-weight: 600;
      }
    `,
  ];

  protected watch = ({ toasts }: State) => [toasts];

  override render() {
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
      ${actions.map(
        ({ label, run }) =>
          html`<button class="act" @click=${() => {
            dismiss();
            run();
          }}>${label}</button>`,
      )}
      <button class="icon" aria-label=${t.dismiss} @click=${dismiss}>${icon("close", 16)}</button>
    </div>`;
  }
}

customElements.define("toast-stack", ToastStack);
