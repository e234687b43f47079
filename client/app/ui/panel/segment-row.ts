/** One segment of the list: name, look, lock, and what is measured of it on the slice shown. */
import { html, nothing } from "lit";
import { promptsOf, slicesOf } from "../../../../core/annotation/chain.ts";
import type { ReviewState } from "../../../../core/annotation/entries.ts";
import type { Segment } from "../../../../core/annotation/segmentation.ts";
import { area, decimal, millilitres, number, share, t } from "../../i18n/index.ts";
import { inkOn } from "../../render/mask-layer.ts";
import { measuredSoon } from "../../state/measured.ts";
import type { OpenImage } from "../../state/open-image.ts";
import { maskKey, placeOf } from "../../state/places.ts";
import { groupNames, placeAfterStep, segmentList } from "../../state/segments.ts";
import type { MaskView, State } from "../../state/state.ts";
import { volumeMlOf } from "../../state/volume.ts";
import { ViewerElement } from "../base/element.ts";
import { type IconName, icon } from "../base/icons.ts";
import { styled } from "../base/styled.ts";
import { controls } from "../base/styles.ts";
import { factListStyles } from "./fact-list-styles.ts";
import { rowStyles } from "./segment-row-styles.ts";
import "../volume/propagate-controls.ts";
import { histogramPicture } from "./histogram.ts";

const REVIEW_STATES: readonly ReviewState[] = ["to-do", "done", "checked"];
const MOST_GUESSES = 3;
const DRAGGED = "application/x-segment";

export class SegmentRow extends ViewerElement {
  static override properties = { ...ViewerElement.properties, segmentId: { attribute: false } };
  declare segmentId: string;
  static override styles = [controls, factListStyles, rowStyles];

  protected watch = ({ log, hidden, activeSegment, masks, image, proposed, guesses }: State) => [
    proposed,
    guesses,
    log,
    hidden,
    activeSegment,
    masks,
    image?.slice,
    image?.plane,
    image?.pixels,
    image?.modality,
  ];

  override render() {
    const { image, masks, activeSegment } = this.state;
    const segment = segmentList(this.state).find(({ id }) => id === this.segmentId);
    if (!segment) return nothing;
    const active = segment.id === activeSegment;
    const view = image ? masks.get(maskKey(segment.id, placeOf(image))) : undefined;
    return html`<div class="segment ${active ? "active" : ""}" ${styled({ "--segment": segment.colour })}
      @dragover=${this.#over} @drop=${this.#drop}>
      ${this.#head(segment, active)} ${this.#proposal(segment)} ${this.#summary(segment, view)}
      ${active && view ? this.#guesses(view) : nothing}
      ${active && image && view ? this.#facts(segment, view, image) : nothing}
      ${active ? html`<propagate-controls .app=${this.app}></propagate-controls>` : nothing}
      ${active ? this.#actions(segment, view) : nothing}
    </div>`;
  }

  #head({ id, number: shown, name, colour, hidden, locked }: Segment, active: boolean) {
    const { prompts } = this.app;
    return html`<div class="row">
      <button class="number" draggable="true" @dragstart=${this.#drag} ${styled({ background: colour, color: inkOn(colour) })} aria-pressed=${active}
        aria-label=${t.segmentSelect(name)} title=${t.segmentSelect(name)} @click=${() => this.#pick(id, active)}>${shown}</button>
      <input type="text" .value=${name} maxlength="64" spellcheck="false" aria-label=${t.segmentNameField(shown)}
        @focus=${() => prompts.select(id)} @keydown=${this.#nameKey} @change=${this.#rename} />
      ${this.#button(hidden ? t.segmentShow(name) : t.segmentHide(name), hidden ? "eyeOff" : "eye", () => prompts.toggleHidden(id), !hidden)}
      ${this.#button(locked ? t.segmentUnlock(name) : t.segmentLock(name), locked ? "lock" : "unlock", () => prompts.setLocked(id, !locked), locked)}
      ${this.#button(t.segmentDelete(name), "trash", () => prompts.remove(id))}
    </div>`;
  }

  #proposal({ id, name }: Segment) {
    if (this.state.proposed.get(id) !== name) return nothing;
    const { finding } = this.app;
    return html`<div class="proposal"><span>${t.finding.proposed}</span>
      ${this.#button(t.finding.accept(name), "check", () => finding.accept([id]))}
      ${this.#button(t.finding.reject(name), "close", () => finding.reject([id]))}
    </div>`;
  }

  #guesses({ chain }: MaskView) {
    const { guesses } = this.state;
    if (guesses?.chain !== chain || guesses.names.length === 0) return nothing;
    return html`<div class="guesses" role="group" aria-label=${t.finding.guesses}>
      ${guesses.names
        .slice(0, MOST_GUESSES)
        .map(
          ({ name, confidence }) =>
            html`<button @click=${() => this.app.finding.take(name)}>${name}<small>${share(confidence)}</small></button>`,
        )}
    </div>`;
  }

  /** Chosen, it shows itself; chosen again, its middle. */
  #pick(id: string, active: boolean) {
    this.app.prompts.select(id);
    if (active) this.app.tour.middle(id);
    else this.app.tour.find(id);
  }

  #button(name: string, image: IconName, run: () => void, pressed?: boolean) {
    return html`<button class="icon" aria-label=${name} title=${name} aria-pressed=${pressed ?? nothing} @click=${run}>${icon(image)}</button>`;
  }

  #summary({ id, locked, review }: Segment, view: MaskView | undefined) {
    const slices = slicesOf(this.state.log, id).length;
    const volumeMl = volumeMlOf(this.state, id);
    const doubtful = view !== undefined && view.area > 0 && view.doubtful;
    return html`<div class="summary">
      <span>${view ? this.#area(view) : t.noMask}</span>
      ${doubtful ? html`<span class="doubtful">${icon("warning", 13)}${t.doubtful}</span>` : nothing}
      ${slices > 1 || (slices === 1 && !view) ? html`<span>${t.segmentSlices(slices)}</span>` : nothing}
      ${volumeMl === undefined ? nothing : html`<span>${millilitres(volumeMl)}</span>`}
      ${locked ? html`<span class="done">${icon("check", 13)}${t.accepted}</span>` : nothing}
      ${review && review !== "to-do" ? html`<span class="done">${icon("check", 13)}${t.review.states[review]}</span>` : nothing}
    </div>`;
  }

  #area(view: MaskView) {
    if (view.area === 0) return t.nothingFound;
    return area(view.area, this.state.image?.plane.spacingMm);
  }

  #facts({ id }: Segment, view: MaskView, image: OpenImage) {
    const unit = image.modality === "CT" ? " HU" : "";
    const prompts = promptsOf(this.state.log, id, placeOf(image)).length;
    const filled = view.area > 0 ? measuredSoon(view, image.pixels, () => this.requestUpdate()) : undefined;
    return html`<dl>
      ${
        filled
          ? html`<div><dt>${t.mean}</dt><dd>${decimal(filled.mean)} ± ${decimal(filled.sd)}${unit}</dd></div>
            <div><dt>${t.volume.median}</dt><dd>${decimal(filled.median)} (${decimal(filled.min)} – ${decimal(filled.max)})${unit}</dd></div>
            <div title=${t.volume.diametersDetail}><dt>${t.volume.diameters}</dt><dd>${decimal(filled.longestDiameter)} × ${decimal(filled.perpendicularDiameter)} ${filled.unit}</dd></div>
            ${filled.histogram && filled.min < filled.max ? histogramPicture(filled.histogram, unit) : nothing}
            ${this.#trust(view)}`
          : nothing
      }
      <div><dt>${t.prompts}</dt><dd>${number(prompts)}</dd></div>
    </dl>`;
  }

  /** How sure the model is; of what no model has made, where it comes from. */
  #trust({ origin, candidates, chosen }: MaskView) {
    if (origin === "edited" || origin === "imported")
      return html`<div><dt>${t.origin}</dt><dd>${t.origins[origin]}</dd></div>`;
    return html`<div><dt>${t.confidence}</dt><dd>${share(candidates[chosen].predictedIou)}</dd></div>`;
  }

  #actions({ id, name, locked, review = "to-do", groupName = "" }: Segment, view: MaskView | undefined) {
    const { prompts } = this.app;
    const segments = segmentList(this.state);
    const stays = (by: -1 | 1) => placeAfterStep(segments, id, by) === undefined;
    return html`<div class="actions texts">
      <button ?disabled=${!view || locked} title="Backspace" @click=${prompts.clear}>${t.segmentClear}</button>
      <button title=${t.showAloneDetail} @click=${() => prompts.showAlone(id)}>${t.showAlone}</button>
    </div>
    <div class="actions">
      <select aria-label=${t.review.label(name)} .value=${review} @change=${this.#review}>
        ${REVIEW_STATES.map((state) => html`<option value=${state} ?selected=${state === review}>${t.review.states[state]}</option>`)}
      </select>
      <button ?disabled=${!view || view.area === 0} title=${`${t.finding.askDetail} (I)`} @click=${this.app.finding.guess}>${t.finding.ask}</button>
      <span class="space"></span>
      <button class="icon" ?disabled=${stays(-1)} aria-label=${t.segmentUp(name)} title=${t.segmentUp(name)}
        @click=${() => prompts.reorder(id, -1)}>${icon("up")}</button>
      <button class="icon" ?disabled=${stays(1)} aria-label=${t.segmentDown(name)} title=${t.segmentDown(name)}
        @click=${() => prompts.reorder(id, 1)}>${icon("chevron")}</button>
    </div>
    <label class="actions group"><span>${t.groups.label}</span>
      <input type="text" list="groups" maxlength="64" spellcheck="false" placeholder=${t.groups.none} .value=${groupName}
        aria-label=${t.groups.field(name)} @keydown=${this.#nameKey} @change=${this.#group} />
      <datalist id="groups">${groupNames(this.state).map((known) => html`<option value=${known}></option>`)}</datalist>
    </label>`;
  }

  #drag = (event: DragEvent) => event.dataTransfer?.setData(DRAGGED, this.segmentId);

  #over = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault();
  };

  #drop = (event: DragEvent) => {
    const dragged = event.dataTransfer?.getData(DRAGGED);
    if (!dragged) return;
    event.preventDefault();
    event.stopPropagation();
    this.app.prompts.moveTo(dragged, this.segmentId);
  };

  #review = ({ target }: Event) => {
    const review = REVIEW_STATES.find((state) => target instanceof HTMLSelectElement && target.value === state);
    if (review) this.app.prompts.setReview(this.segmentId, review);
  };

  #group = ({ target }: Event) => {
    if (target instanceof HTMLInputElement) this.app.groups.setGroup(this.segmentId, target.value);
  };

  #nameKey = (event: KeyboardEvent) => {
    if ((event.key === "Enter" || event.key === "Escape") && event.target instanceof HTMLElement) event.target.blur();
  };

  /** A name that was emptied comes back. */
  #rename = ({ target }: Event) => {
    if (!(target instanceof HTMLInputElement)) return;
    this.app.prompts.rename(this.segmentId, target.value);
    target.value = segmentList(this.state).find(({ id }) => id === this.segmentId)?.name ?? "";
  };
}

customElements.define("segment-row", SegmentRow);
