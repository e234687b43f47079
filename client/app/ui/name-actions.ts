/** What may be done with names beside segmenting one: all of them, and where one is. */
import { css, html, nothing } from "lit";
import { t } from "../i18n/index.ts";
import type { LocatedName, State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";

/** Foot of the list of names. */
export class NameActions extends ViewerElement {
  static override properties = { ...ViewerElement.properties, name: { type: String } };
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        padding: 8px 10px;
        border-top: 1px solid var(--line);
      }
      button {
        min-height: 30px;
        padding: 0 10px;
      }
    `,
  ];
  /** A name whose place in the stack can be told; empty for none. */
  declare name: string;

  protected watch = ({ finding, image }: State) => [finding, image?.pixels];

  override render() {
    const { finding, image } = this.state;
    const { finding: actions } = this.app;
    const stacked = (image?.plane.count ?? 1) > 1;
    const off = finding !== undefined || !image?.pixels;
    return html`
      ${this.name && stacked ? this.#button(t.locating.button(this.name), t.locating.detail, () => actions.where(this.name)) : nothing}
      ${this.#button(t.finding.onSlice, "Shift + F", actions.toggle, off)}
      ${stacked ? this.#button(t.finding.inVolume, "Alt + Shift + F", actions.toggleVolume, off) : nothing}`;
  }

  #button(label: string, title: string, run: () => void, disabled = false) {
    return html`<button type="button" title=${title} ?disabled=${disabled}
      @pointerdown=${(event: Event) => event.preventDefault()} @click=${() => this.#act(run)}>${label}</button>`;
  }

  #act(run: () => void) {
    run();
    this.dispatchEvent(new CustomEvent("acted", { bubbles: true }));
  }
}

/** What has been found of the place of a name, with a way to be rid of it. */
export class NameLocated extends ViewerElement {
  static override styles = [
    controls,
    css`
      span {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        height: 36px;
        padding-left: 10px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        white-space: nowrap;
        font-variant-numeric: tabular-nums;
      }
      button.icon {
        width: 28px;
        height: 28px;
        min-height: 28px;
      }
    `,
  ];

  protected watch = ({ located }: State) => [located];

  override render() {
    const { located } = this.state;
    if (!located) return nothing;
    return html`<span role="status">${saidOfPlaces(located)}<button type="button" class="icon" aria-label=${t.locating.forget}
      title=${t.locating.forget} @click=${() => this.app.finding.forget()}>${icon("close", 14)}</button></span>`;
  }
}

function saidOfPlaces({ name, places, done, total }: LocatedName): string {
  if (done < total) return t.locating.progress(name, done, total);
  const shown = places.filter((place) => place.shown).map(({ slice }) => slice + 1);
  return t.locating.done(name, shown.length, Math.min(...shown), Math.max(...shown));
}

customElements.define("name-actions", NameActions);
customElements.define("name-located", NameLocated);
