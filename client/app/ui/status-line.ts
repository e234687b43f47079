/** What to do next, where pixels go, and what this is not for. */
import { css, html, nothing } from "lit";
import { t } from "../i18n/index.ts";
import { activeMask } from "../state/places.ts";
import { openSegmentOf } from "../state/segments.ts";
import { isWritable, type State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";

export class StatusLine extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 16px;
        padding: 0 13px;
        background: var(--surface);
        border-top: 1px solid var(--line);
        font-size: 12px;
        color: var(--muted);
        white-space: nowrap;
        overflow: hidden;
      }
      .hint {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .privacy {
        display: inline-flex;
        align-items: center;
        gap: 5px;
      }
      .notice {
        color: var(--warning);
        font-weight: 600;
      }
      @container (max-width: 760px) {
        :host {
          flex-wrap: wrap;
          justify-content: center;
          gap: 0 14px;
          padding: 3px 8px;
          padding-bottom: env(safe-area-inset-bottom);
          font-size: 11px;
        }
        .hint {
          display: none;
        }
      }
    `,
  ];

  protected watch = ({ tool, cursor, image, waiting, masks, activeSegment, log, keeping }: State) => [
    tool,
    cursor !== undefined,
    image?.stage,
    image?.slice,
    waiting,
    masks,
    activeSegment,
    log,
    keeping,
    image?.pixels,
  ];

  override render() {
    const { host, hostname } = this.app.server ?? { host: undefined, hostname: "localhost" };
    const local = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
    return html`<span class="hint">${this.state.image ? this.#hint() : nothing}</span>
      <span class="privacy" title=${t.privacyDetail(host)}>${icon("shield", 14)}${local || !host ? t.privacyLocal : t.privacyHost(host)}</span>
      <span class="notice">${t.notice}</span>`;
  }

  #hint(): string {
    const { cursor, waiting, image, tool } = this.state;
    if (!isWritable(this.state)) return t.hints.readOnly;
    if (!image?.pixels) return t.hints.blank;
    if (cursor) return t.hints.cursor;
    if (waiting > 0 && image.stage !== "ready") return t.hints.waiting;
    if (tool !== "point") return t.hints[tool];
    if (!activeMask(this.state) || !openSegmentOf(this.state)) return t.hints.start;
    return matchMedia("(pointer: coarse)").matches ? t.hints.refineTouch : t.hints.refine;
  }
}

customElements.define("status-line", StatusLine);
