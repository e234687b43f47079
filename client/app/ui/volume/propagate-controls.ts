/** Starts a propagation of the active segment: through all slices, or some of them. */
import { css, html, nothing } from "lit";
import { t } from "../../i18n/index.ts";
import { chordText } from "../../input/keymap.ts";
import { openSegmentOf } from "../../state/segments.ts";
import { isWritable, type State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { icon } from "../base/icons.ts";
import { controls } from "../base/styles.ts";

export class PropagateControls extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      div {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 2px 6px 6px var(--row-indent, 0);
        color: var(--muted);
      }
      button {
        color: var(--text);
        box-shadow: inset 0 0 0 1px var(--edge);
      }
      input {
        flex: 1;
        min-width: 38px;
        max-width: 52px;
        min-height: 28px;
        padding: 0 4px;
        border: 1px solid var(--edge);
        border-radius: var(--radius-small);
        background: var(--ground);
        text-align: right;
      }
      @media (min-width: 761px) and (max-width: 1100px) {
        div {
          padding-left: 0;
          padding-right: 0;
        }
      }
    `,
  ];

  /** Slices of one plane; another plane has a range of its own. */
  #range: { plane: string; from: number; to: number } | undefined;

  protected watch = ({ image, job, log, activeSegment, keeping }: State) => [
    image?.plane,
    job !== undefined,
    log,
    activeSegment,
    keeping,
  ];

  override render() {
    const { image, job } = this.state;
    if (!image || image.plane.count < 2) return nothing;
    const { plane, count } = image.plane;
    const range = this.#range?.plane === plane ? this.#range : { plane, from: 1, to: count };
    const off = job !== undefined || !openSegmentOf(this.state) || !isWritable(this.state);
    const set = (fields: { from?: number; to?: number }) => {
      this.#range = { ...range, ...fields };
      this.requestUpdate();
    };
    return html`<div>
      <button title=${`${t.volume.propagateDetail} (${chordText("shift+p")})`} ?disabled=${off} @click=${() => this.#start(range)}>
        ${icon("propagate", 16)}${t.volume.propagate}</button>
      ${this.#field(t.volume.from, range.from, count, (from) => set({ from }))}<span aria-hidden="true">–</span>
      ${this.#field(t.volume.to, range.to, count, (to) => set({ to }))}
    </div>
    <div><button title=${t.volume.interpolateDetail} ?disabled=${off} @click=${this.app.interpolate}>
      ${icon("interpolate", 16)}${t.volume.interpolate}</button></div>`;
  }

  #field(name: string, value: number, count: number, set: (value: number) => void) {
    return html`<input type="number" min="1" max=${count} aria-label=${name} title=${name} .value=${String(value)}
      @change=${({ target }: Event) => {
        if (!(target instanceof HTMLInputElement)) return;
        const wanted = Math.round(Number(target.value));
        set(Math.min(count, Math.max(1, Number.isFinite(wanted) ? wanted : value)));
      }} />`;
  }

  #start({ from, to }: { from: number; to: number }) {
    this.app.propagation.start({ from: Math.min(from, to) - 1, to: Math.max(from, to) - 1 });
  }
}

customElements.define("propagate-controls", PropagateControls);
