/** Correction by hand: how the brush is set, and what can be done to the active segment. */
import { html, nothing } from "lit";
import type { Combination, Edit } from "../../../core/edit/edit.ts";
import { BRUSH_RANGE, isHandTool, setBrush } from "../edit/brush.ts";
import { t } from "../i18n/index.ts";
import type { EditScope } from "../state/drawing.ts";
import { openSegmentOf, segmentList } from "../state/segments.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { moveFocus } from "./base/roving.ts";
import { controls } from "./base/styles.ts";
import { editBarStyles } from "./edit-bar-styles.ts";

const SCOPES: readonly EditScope[] = ["slice", "all"];
const COMBINATIONS: readonly Combination[] = ["union", "subtract", "intersect"];
/** A CT's soft tissue, to begin with. */
const FIRST_RANGE = { low: 0, high: 100 };

export class EditBar extends ViewerElement {
  static override properties = {
    ...ViewerElement.properties,
    by: { state: true },
    least: { state: true },
    other: { state: true },
  };
  /** Millimetres, or pixels where the image knows none. */
  declare by: number;
  declare least: number;
  declare other: string;
  static override styles = [controls, editBarStyles];

  constructor() {
    super();
    this.by = 2;
    this.least = 100;
    this.other = "";
  }

  protected watch = ({ tool, brush, editScope, log, hidden, activeSegment, image }: State) => [
    tool,
    brush,
    editScope,
    log,
    hidden,
    activeSegment,
    image?.info,
    image?.plane,
    image?.slice,
  ];

  override render() {
    const { image, tool } = this.state;
    if (!image || !isHandTool(tool)) return nothing;
    return html`<div class="bar" role="group" aria-label=${t.edit.group}>
      ${this.#size()} ${image.info.channels === 1 ? this.#range() : nothing} ${this.#scope()} ${this.#shape()} ${this.#copy()}
      ${this.#combine()}
    </div>`;
  }

  #size() {
    const { brush, image } = this.state;
    const { store } = this.app;
    const pitch = image?.plane.spacingMm?.[0];
    return html`<label class="part">${t.edit.size}
      <input type="range" min=${BRUSH_RANGE.min} max="100" step="1" .value=${String(brush.diameter)}
        @input=${(event: Event) => setBrush(store, { diameter: numberIn(event) })} />
      <output>${t.edit.sizeValue(brush.diameter, pitch && brush.diameter * pitch)}</output></label>`;
  }

  #range() {
    const { range } = this.state.brush;
    const { store } = this.app;
    const field = (end: "low" | "high", name: string) =>
      html`<input type="number" aria-label=${name} .value=${String(range?.[end] ?? FIRST_RANGE[end])} ?disabled=${!range}
        @change=${(event: Event) => range && setBrush(store, { range: { ...range, [end]: numberIn(event) } })} />`;
    return html`<span class="part"><label title=${t.edit.rangeDetail}>
        <input type="checkbox" .checked=${range !== undefined}
          @change=${() => setBrush(store, { range: range ? undefined : FIRST_RANGE })} />${t.edit.range}</label>
      ${field("low", t.edit.low)}–${field("high", t.edit.high)}</span>`;
  }

  #scope() {
    const { editScope } = this.state;
    return html`<div class="segmented" role="radiogroup" aria-label=${t.edit.scope} @keydown=${moveFocus}>
      ${SCOPES.map(
        (
          scope,
        ) => html`<button role="radio" aria-checked=${scope === editScope} tabindex=${scope === editScope ? 0 : -1}
          @click=${() => this.app.store.set({ editScope: scope })}>${t.edit.scopes[scope]}</button>`,
      )}
    </div>`;
  }

  #shape() {
    const { tool, editScope } = this.state;
    const unit = this.#unit();
    const power = editScope === "slice" ? "²" : "³";
    return html`<span class="part">
        ${this.#button(t.edit.fillHoles, t.edit.fillHoles, { kind: "fill-holes" })}
        <button aria-pressed=${tool === "keep"} title=${t.edit.keepPartDetail} ?disabled=${!this.#open}
          @click=${() => this.app.view.setTool(tool === "keep" ? "brush" : "keep")}>${t.edit.keepPart}</button>
      </span>
      <span class="part">
        ${this.#button(t.edit.removeIslands, t.edit.removeIslandsDetail(this.least, `${unit}${power}`), { kind: "remove-islands", least: this.least })}
        <label>&lt; <input type="number" min="0" .value=${String(this.least)} @change=${(event: Event) => {
          this.least = Math.max(0, numberIn(event));
        }} aria-label=${t.edit.removeIslands} /></label><span class="unit">${unit}${power}</span>
      </span>
      <span class="part">
        ${this.#button(t.edit.grow, t.edit.grow, { kind: "grow", by: this.by })}
        ${this.#button(t.edit.shrink, t.edit.shrink, { kind: "shrink", by: this.by })}
        ${this.#button(t.edit.smooth, t.edit.smoothDetail, { kind: "smooth", sigma: this.by })}
        <input class="short" type="number" min="0.1" step="0.5" aria-label=${t.edit.by} .value=${String(this.by)} @change=${(
          event: Event,
        ) => {
          this.by = Math.max(0.1, numberIn(event));
        }} /><span class="unit">${unit}</span>
      </span>`;
  }

  #copy() {
    const { image } = this.state;
    const { edits } = this.app;
    if (!image || image.plane.count < 2) return nothing;
    return html`<span class="part">
      <button ?disabled=${!this.#open || image.slice === 0} title=${t.edit.copyBack} aria-label=${t.edit.copyBack} @click=${() => edits.copy(-1)}>${icon("copy", 15)}${icon("up", 14)}</button>
      <button ?disabled=${!this.#open || image.slice === image.plane.count - 1} title=${t.edit.copyOn} aria-label=${t.edit.copyOn} @click=${() => edits.copy(1)}>${icon("copy", 15)}${icon("chevron", 14)}</button>
    </span>`;
  }

  #combine() {
    const { edits } = this.app;
    const active = this.#open;
    const others = segmentList(this.state).filter(({ id }) => id !== active?.id);
    const other = others.find(({ id }) => id === this.other);
    const run = (work: (id: string) => void) => () => other && work(other.id);
    return html`<span class="part">
      ${
        others.length === 0
          ? nothing
          : html`<select aria-label=${t.edit.other} .value=${other?.id ?? ""} @change=${this.#choose}>
              <option value="">${t.edit.chooseOther}</option>
              ${others.map(({ id, name }) => html`<option value=${id} ?selected=${id === other?.id}>${name}</option>`)}
            </select>
            ${COMBINATIONS.map(
              (how) =>
                html`<button ?disabled=${!active || !other} title=${t.edit.combinationDetails[how]} @click=${run((id) => edits.combine(id, how))}>${t.edit.combinations[how]}</button>`,
            )}
            <button ?disabled=${!active || !other || other.locked} title=${t.edit.mergeDetail} @click=${run((id) => edits.merge(id))}>${t.edit.merge}</button>`
      }
      <button ?disabled=${!active} title=${t.edit.splitDetail} @click=${edits.split}>${t.edit.split}</button>
    </span>`;
  }

  #choose = (event: Event) => {
    if (event.target instanceof HTMLSelectElement) this.other = event.target.value;
  };

  #button(name: string, title: string, edit: Edit) {
    return html`<button ?disabled=${!this.#open} title=${title} @click=${() => this.app.edits.apply(edit)}>${name}</button>`;
  }

  get #open() {
    return openSegmentOf(this.state);
  }

  #unit = () => (this.state.image?.plane.spacingMm ? "mm" : "px");
}

const numberIn = ({ target }: Event): number => (target instanceof HTMLInputElement ? Number(target.value) || 0 : 0);

customElements.define("edit-bar", EditBar);
