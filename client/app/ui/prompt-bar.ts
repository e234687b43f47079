/** Under the image: sign, segment by name, undo, accept. Everything a finger needs in one row. */
import { css, html } from "lit";
import { canRedo, canUndo } from "../../../core/annotation/log.ts";
import type { PointLabel } from "../../../core/wire/index.ts";
import { t } from "../i18n/index.ts";
import { activeMask } from "../state/places.ts";
import { openSegmentOf } from "../state/segments.ts";
import { isWritable, type State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { moveFocus } from "./base/roving.ts";
import { controls } from "./base/styles.ts";
import "./name-field.ts";

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
        background: color-mix(in srgb, var(--positive) 22%, transparent);
        color: var(--positive-text);
      }
      .segmented button[aria-checked="true"].background {
        background: color-mix(in srgb, var(--negative) 22%, transparent);
        color: var(--negative-text);
      }
      button.primary {
        min-height: 36px;
        padding: 0 14px;
      }
      button.icon {
        width: 36px;
        height: 36px;
      }
      @container (max-width: 1000px) {
        button.primary span {
          display: none;
        }
      }
      @container (760px < width <= 900px) {
        .segmented span {
          display: none;
        }
      }
      @container (max-width: 760px) {
        :host {
          padding: 7px 8px;
        }
        .bar {
          flex-wrap: wrap;
          gap: 6px;
        }
        name-field {
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
      }
      @container (max-width: 350px) {
        .segmented span {
          display: none;
        }
      }
      /* One row where the image would have no room beside two. */
      @media (max-height: 560px) {
        @container (480px < width <= 760px) {
          :host {
            padding: 4px 8px;
          }
          .bar {
            flex-wrap: nowrap;
          }
          .segmented {
            flex: none;
          }
          .segmented button {
            min-width: 44px;
          }
          .segmented span {
            display: none;
          }
          name-field {
            order: 0;
            flex: 1 1 0;
            min-width: 0;
          }
        }
      }
    `,
  ];

  protected watch = ({ sign, log, masks, activeSegment, image, gesture, cursor, keeping }: State) => [
    sign,
    log,
    masks,
    activeSegment,
    keeping,
    image?.info,
    image?.slice,
    gesture !== undefined,
    cursor !== undefined,
  ];

  override render() {
    const { state, app } = this;
    const { log, gesture, cursor } = state;
    const writable = isWritable(state);
    return html`<div class="bar">
      <div class="segmented" role="radiogroup" aria-label=${t.sign.toggle} @keydown=${moveFocus}>
        ${this.#sign("foreground")}${this.#sign("background")}
      </div>
      <name-field .app=${app}></name-field>
      <button class="icon" aria-label=${t.undo} title=${`${t.undo} (Ctrl + Z)`} ?disabled=${!canUndo(log) || !writable} @click=${app.prompts.undo}>
        ${icon("undo", 20)}
      </button>
      <button class="icon" aria-label=${t.redo} title=${`${t.redo} (Ctrl + Shift + Z)`} ?disabled=${!canRedo(log) || !writable} @click=${app.prompts.redo}>
        ${icon("redo", 20)}
      </button>
      ${gesture || cursor ? this.#cancel() : this.#accept()}
    </div>`;
  }

  #accept() {
    const acceptable = openSegmentOf(this.state) && activeMask(this.state) && isWritable(this.state);
    return html`<button class="primary" aria-label=${t.accept} title=${`${t.acceptDetail} (Enter)`} ?disabled=${!acceptable} @click=${this.app.prompts.accept}>
      ${icon("check")}<span>${t.accept}</span>
    </button>`;
  }

  /** Keeps the focus on the image: without it the crosshair is gone before it can be cancelled. */
  #cancel() {
    return html`<button class="primary" aria-label=${t.cancel} title=${`${t.cancel} (Esc)`}
      @pointerdown=${(event: Event) => event.preventDefault()} @click=${() => this.app.commands.run("prompt.cancel")}>
      ${icon("close")}<span>${t.cancel}</span>
    </button>`;
  }

  #sign(sign: PointLabel) {
    const chosen = this.state.sign === sign;
    return html`<button class=${sign} role="radio" aria-checked=${chosen} aria-label=${t.sign[sign]} tabindex=${chosen ? 0 : -1} title=${`${t.sign[sign]} (X)`}
      @click=${() => this.app.store.set({ sign, preview: undefined })}>
      ${icon(sign === "foreground" ? "plus" : "minus", 16)}<span>${t.sign[sign]}</span>
    </button>`;
  }
}

customElements.define("prompt-bar", PromptBar);
