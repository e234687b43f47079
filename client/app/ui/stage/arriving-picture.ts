/** One picture of a series that is still on its way: looked at only, and said to be no more than that. */
import { css, html, nothing } from "lit";
import { t } from "../../i18n/index.ts";
import type { State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { controls } from "../base/styles.ts";

export class ArrivingPicture extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        position: relative;
        display: block;
        background: var(--canvas);
        overflow: hidden;
      }
      :host([hidden]) {
        display: none;
      }
      img {
        position: absolute;
        inset: 18px;
        width: calc(100% - 36px);
        height: calc(100% - 36px);
        object-fit: contain;
      }
      .card {
        position: absolute;
        top: 14px;
        left: 50%;
        translate: -50% 0;
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 6px 16px;
        align-items: center;
        width: min(440px, calc(100% - 24px));
        padding: 10px 12px 12px 16px;
        border-radius: var(--radius);
        background: var(--float);
        box-shadow: var(--shadow);
      }
      .card span {
        color: var(--muted);
        font-size: 13px;
      }
      button {
        border: 1px solid var(--line);
      }
      progress {
        grid-column: 1 / -1;
        width: 100%;
        height: 6px;
        accent-color: var(--accent);
      }
    `,
  ];

  protected watch = ({ arriving }: State) => [arriving];

  override render() {
    const { arriving } = this.state;
    this.hidden = arriving === undefined;
    if (!arriving) return nothing;
    const { picture, done, total } = arriving;
    return html`<img src=${picture} alt=${t.studies.early} />
      <div class="card">
        <div><strong>${t.studies.early}</strong><br /><span>${t.studies.earlyDetail}</span></div>
        <button @click=${() => this.app.images.stop()}>${t.studies.stop}</button>
        <progress max=${total || 1} .value=${done} aria-label=${t.studies.fetching(done, total)}></progress>
        <span>${done < total || total === 0 ? t.studies.fetching(done, total) : t.studies.readingIt}</span>
      </div>`;
  }
}

customElements.define("arriving-picture", ArrivingPicture);
