/** Under the image: sign, segment by name, undo, accept. Everything a finger needs in one row. */
import { css, html } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { canRedo, canUndo } from "../../../core/annotation/log.ts";
import type { PointLabel } from "../../../core/wire/index.ts";
import { t } from "../i18n.ts";
import { activeLabelOf } from "../state/labels.ts";
import { activeMask } from "../state/places.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./element.ts";
import { icon } from "./icons.ts";
import { moveFocus } from "./roving.ts";
import { controls } from "./styles.ts";

export class PromptBar extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        justify-content: center;
        padding: 8px 12px;
        background: var(--surface);
        border-top: 1px solid var(--line);
      }
      .bar {
        display: flex;
        align-items: center;
        gap: 8px;
        width: 100%;
        max-width: 760px;
      }
      .segmented button {
        min-height: 32px;
      }
      .segmented button[aria-checked="true"].foreground {
        background: rgb(47 191 113 / 22%);
        color: #6fe0a2;
      }
      .segmented button[aria-checked="true"].background {
        background: rgb(255 92 116 / 22%);
        color: #ff95a5;
      }
      form {
        position: relative;
        flex: 1;
        display: flex;
        min-width: 0;
      }
      form svg {
        position: absolute;
        left: 11px;
        top: 9px;
        color: var(--muted);
        pointer-events: none;
      }
      input {
        width: 100%;
        height: 36px;
        padding: 0 34px 0 36px;
        border: 1px solid var(--edge);
        border-radius: var(--radius);
        background: var(--ground);
      }
      input::placeholder {
        color: var(--muted);
        opacity: 1;
      }
      input:focus-visible {
        outline-offset: 0;
        border-color: transparent;
      }
      form kbd {
        position: absolute;
        right: 10px;
        top: 10px;
        pointer-events: none;
      }
      button.primary {
        min-height: 36px;
        padding: 0 14px;
      }
      button.icon {
        width: 36px;
        height: 36px;
      }
      @media (max-width: 760px) {
        :host {
          padding: 7px 8px;
        }
        .bar {
          flex-wrap: wrap;
          gap: 6px;
        }
        form {
          order: 5;
          flex-basis: 100%;
        }
        .segmented {
          flex: 1;
        }
        .segmented button {
          flex: 1;
          min-height: 40px;
        }
        button.icon,
        button.primary {
          height: 44px;
          width: 44px;
          padding: 0;
        }
        button.primary span {
          display: none;
        }
        form kbd {
          display: none;
        }
        input {
          font-size: 16px;
        }
      }
    `,
  ];

  #field = createRef<HTMLInputElement>();

  protected watch = ({ sign, log, masks, activeLabel, accepted, model, study, gesture }: State) => [
    sign,
    log,
    masks,
    activeLabel,
    accepted,
    model,
    study?.info,
    study?.slice,
    gesture !== undefined,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("focus-text-prompt", this.#focusField);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("focus-text-prompt", this.#focusField);
  }

  override render() {
    const { state, app } = this;
    const active = activeLabelOf(state);
    const acceptable = active && !active.accepted && activeMask(state) !== undefined;
    const takesText = state.model?.prompts.includes("text") ?? false;
    return html`<div class="bar">
      <div class="segmented" role="radiogroup" aria-label=${t.sign.toggle} @keydown=${moveFocus}>
        ${this.#sign("foreground")}${this.#sign("background")}
      </div>
      <form @submit=${this.#submit}>
        ${icon("text")}
        <input ${ref(this.#field)} type="text" autocomplete="off" spellcheck="false" maxlength="512" aria-label=${t.textLabel}
          placeholder=${takesText || !state.model ? t.textPlaceholder : t.textUnsupported} ?disabled=${!takesText || !state.study}
          @keydown=${this.#key} />
        <kbd aria-hidden="true">T</kbd>
      </form>
      <button class="icon" aria-label=${t.undo} title=${`${t.undo} (Ctrl + Z)`} ?disabled=${!canUndo(state.log)} @click=${app.prompts.undo}>
        ${icon("undo", 20)}
      </button>
      <button class="icon" aria-label=${t.redo} title=${`${t.redo} (Ctrl + Shift + Z)`} ?disabled=${!canRedo(state.log)} @click=${app.prompts.redo}>
        ${icon("redo", 20)}
      </button>
      <button class="primary" aria-label=${t.accept} title=${`${t.acceptDetail} (Enter)`} ?disabled=${!acceptable} @click=${app.prompts.accept}>
        ${icon("check")}<span>${t.accept}</span>
      </button>
    </div>`;
  }

  #sign(sign: PointLabel) {
    const chosen = this.state.sign === sign;
    return html`<button class=${sign} role="radio" aria-checked=${chosen} tabindex=${chosen ? 0 : -1} title=${`${t.sign[sign]} (X)`}
      @click=${() => this.app.store.set({ sign, preview: undefined })}>
      ${icon(sign === "foreground" ? "plus" : "minus", 16)}${t.sign[sign]}
    </button>`;
  }

  #focusField = () => this.#field.value?.focus();

  #key = (event: KeyboardEvent) => {
    if (event.key === "Escape") this.#field.value?.blur();
  };

  #submit = (event: Event) => {
    event.preventDefault();
    const field = this.#field.value;
    const text = field?.value.trim();
    if (!field || !text) return;
    this.app.prompts.addText(text);
    field.value = "";
    field.blur();
  };
}

customElements.define("prompt-bar", PromptBar);
