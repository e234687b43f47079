/** What must be seen without hovering, in lines above the image: a lost server, unsafe work, the reader's warnings. */
import { css, html, nothing, type TemplateResult } from "lit";
import { t } from "../i18n/index.ts";
import type { State } from "../state/state.ts";
import type { Outage } from "../state/underway.ts";
import { ViewerElement } from "./base/element.ts";
import { type IconName, icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";

interface Notice {
  readonly image: IconName;
  readonly text: string | TemplateResult;
  readonly action?: { readonly label: string; readonly run: () => void };
}

export class NoticeStrip extends ViewerElement {
  #clock: ReturnType<typeof setInterval> | undefined;

  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .notice {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 34px;
        padding: 3px 8px 3px 14px;
        background: var(--warning-soft);
        border-bottom: 1px solid var(--line);
      }
      .notice > svg {
        color: var(--warning);
      }
      .text {
        flex: 1;
        min-width: 0;
        margin: 0;
        overflow-wrap: anywhere;
      }
      small {
        margin-left: 8px;
        font-size: 12px;
        color: var(--muted);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
        max-height: 5.6em;
        overflow: auto;
      }
      button {
        color: var(--accent);
        font-weight: 600;
      }
    `,
  ];

  protected watch = ({ outage, keeping, image, warningsRead }: State) => [outage, keeping, image?.info, warningsRead];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  override updated(): void {
    const { outage } = this.state;
    if (!outage) clearInterval(this.#clock);
    if (outage && !this.#clock) this.#clock = setInterval(() => this.requestUpdate(), 500);
    if (!outage) this.#clock = undefined;
  }

  override render() {
    const notices = [this.#outage(), this.#keeping(), this.#warnings()].filter((notice) => notice !== undefined);
    return notices.map(
      ({ image, text, action }) => html`<div class="notice" role="status">${icon(image)}<div class="text">${text}</div>
        ${action ? html`<button @click=${action.run}>${action.label}</button>` : nothing}
      </div>`,
    );
  }

  #outage(): Notice | undefined {
    const { outage } = this.state;
    if (!outage) return undefined;
    const text = html`${t.outage.text}<small>${nextTry(outage)}</small>`;
    return { image: "offline", text, action: { label: t.outage.tryNow, run: this.app.connection.tryNow } };
  }

  #keeping(): Notice | undefined {
    const { keeping } = this.state;
    const project = { label: t.keeping.saveProject, run: () => void this.#saveProject() };
    switch (keeping.state) {
      case "kept":
        return undefined;
      case "full":
      case "unavailable":
        return { image: "warning", text: t.keeping[keeping.state], action: project };
      case "other-tab":
        return {
          image: "warning",
          text: t.keeping.otherTab,
          action: { label: t.keeping.takeOver, run: this.app.keeper.takeOver },
        };
      case "newer":
        return { image: "warning", text: t.keeping.newer(keeping.version) };
      case "damaged":
        return { image: "warning", text: t.keeping.damaged };
      default:
        return keeping satisfies never;
    }
  }

  async #saveProject() {
    const file = await this.app.keeper.projectFile();
    if (file) this.app.exports.download(file.name, file.text);
  }

  #warnings(): Notice | undefined {
    const { image, warningsRead } = this.state;
    const warnings = image?.info.warnings ?? [];
    if (warnings.length === 0 || warningsRead) return undefined;
    const text = html`<ul aria-label=${t.warnings}>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`;
    return { image: "warning", text, action: { label: t.warningsRead, run: this.app.images.readWarnings } };
  }
}

function nextTry({ nextTry: at }: Outage): string {
  const seconds = at === undefined ? 0 : Math.ceil((at - performance.now()) / 1000);
  return seconds > 0 ? t.outage.next(seconds) : t.outage.trying;
}

customElements.define("notice-strip", NoticeStrip);
