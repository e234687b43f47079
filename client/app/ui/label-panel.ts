/** The right side: labels with their measurements, how masks look, where they come from, export. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { promptsOf, sliceKeyOf, slicesOf } from "../../../core/annotation/log.ts";
import type { Measurement } from "../../../core/mask/measurements.ts";
import { area, decimal, number, share, t } from "../i18n.ts";
import { inkOn } from "../render/mask-layer.ts";
import { labelsOf } from "../state/labels.ts";
import { activeMask, maskKey, placeOf } from "../state/places.ts";
import type { Label, MaskView, OpenStudy, Overlay, State } from "../state/state.ts";
import { ViewerElement } from "./element.ts";
import { icon } from "./icons.ts";
import { panelStyles } from "./label-panel-styles.ts";
import { moveFocus } from "./roving.ts";
import { styled } from "./styled.ts";
import { controls } from "./styles.ts";
import "./export-menu.ts";

const OVERLAYS: readonly Overlay[] = ["fill", "outline", "off"];

export class LabelPanel extends ViewerElement {
  static override styles = [controls, panelStyles];

  protected watch = (state: State) => {
    const { log, hidden, accepted, activeLabel, masks, overlay, opacity, previewOn, study, engine, model } = state;
    return [
      log,
      hidden,
      accepted,
      activeLabel,
      masks,
      overlay,
      opacity,
      previewOn,
      study?.slice,
      study?.plane,
      study?.encodeWindow,
      engine,
      model,
    ];
  };

  override render() {
    const labels = labelsOf(this.state);
    return html`<aside aria-label=${t.panel}>
      <div class="head">
        <h2>${t.labels}</h2>
        <span class="space"></span>
        <button title=${`${t.newLabel} (N)`} ?disabled=${!this.state.study} @click=${() => this.app.prompts.newLabel()}>${icon("plus", 16)}${t.newLabel}</button>
        <button class="icon sheet" aria-label=${t.close} @click=${() => this.app.store.set({ panelOpen: false })}>${icon("chevron")}</button>
      </div>
      <div class="scroll">
        ${
          labels.length === 0
            ? html`<p class="none">${t.noLabels}</p>`
            : html`<ul>${repeat(
                labels,
                ({ id }) => id,
                (label) => this.#label(label),
              )}</ul>`
        }
        ${this.#display()} ${this.#about()}
      </div>
      <div class="foot"><export-menu .app=${this.app}></export-menu></div>
    </aside>`;
  }

  #label(label: Label) {
    const { state, app } = this;
    const active = label.id === state.activeLabel;
    const { study } = state;
    const view = study ? state.masks.get(maskKey(label.id, placeOf(study))) : undefined;
    return html`<li class=${active ? "active" : ""} ${styled({ "--label": label.colour })}>
      <div class="row">
        <button class="number" ${styled({ background: label.colour, color: inkOn(label.colour) })} aria-pressed=${active}
          aria-label=${t.labelSelect(label.name)} title=${t.labelSelect(label.name)} @click=${() => app.prompts.select(label.id)}>${label.number}</button>
        <input type="text" .value=${label.name} maxlength="64" spellcheck="false" aria-label=${t.labelNameField(label.number)}
          @focus=${() => app.prompts.select(label.id)} @keydown=${this.#nameKey}
          @change=${(event: Event) => app.prompts.rename(label.id, (event.target as HTMLInputElement).value)} />
        <button class="icon" aria-pressed=${label.visible} aria-label=${label.visible ? t.labelHide(label.name) : t.labelShow(label.name)}
          title=${label.visible ? t.labelHide(label.name) : t.labelShow(label.name)} @click=${() => app.prompts.toggleVisible(label.id)}>
          ${icon(label.visible ? "eye" : "eyeOff")}</button>
        <button class="icon" aria-label=${t.labelDelete(label.name)} title=${t.labelDelete(label.name)} @click=${() => app.prompts.remove(label.id)}>
          ${icon("trash")}</button>
      </div>
      ${this.#summary(label, view)}
      ${active && study && view ? this.#facts(label, view, study) : nothing}
    </li>`;
  }

  #summary(label: Label, view: MaskView | undefined) {
    const measured = view ? areaOrNothing(view.measurement) : t.noMask;
    const slices = slicesOf(this.state.log, label.id).length;
    return html`<div class="summary">
      <span>${measured}</span>
      ${slices > 1 || (slices === 1 && !view) ? html`<span>${t.labelSlices(slices)}</span>` : nothing}
      ${label.accepted ? html`<span class="done">${icon("check", 13)}${t.accepted}</span>` : nothing}
    </div>`;
  }

  #facts(label: Label, { candidates, chosen, measurement }: MaskView, study: OpenStudy) {
    const unit = study.info.modality === "CT" ? " HU" : "";
    const prompts = promptsOf(this.state.log, label.id, sliceKeyOf(placeOf(study))).length;
    const filled = measurement.area > 0 ? measurement : undefined;
    return html`<dl>
      ${
        filled
          ? html`<div><dt>${t.mean}</dt><dd>${decimal(filled.mean)} ± ${decimal(filled.sd)}${unit}</dd></div>
            <div><dt>${t.diameter}</dt><dd>${decimal(filled.longestDiameter)} ${filled.unit}</dd></div>
            <div><dt>${t.confidence}</dt><dd>${share(candidates[chosen].predictedIou)}</dd></div>`
          : nothing
      }
      <div><dt>${t.prompts}</dt><dd>${number(prompts)}</dd></div>
    </dl>`;
  }

  #nameKey = (event: KeyboardEvent) => {
    if ((event.key === "Enter" || event.key === "Escape") && event.target instanceof HTMLElement) event.target.blur();
  };

  #display() {
    const { overlay, opacity, previewOn } = this.state;
    const { store, view } = this.app;
    return html`<section>
      <h3>${t.display}</h3>
      <div class="segmented" role="radiogroup" aria-label=${t.overlayGroup} @keydown=${moveFocus}>
        ${OVERLAYS.map(
          (
            style,
          ) => html`<button role="radio" aria-checked=${style === overlay} tabindex=${style === overlay ? 0 : -1} title="O"
            @click=${() => view.setOverlay(style)}>${t.overlay[style]}</button>`,
        )}
      </div>
      <label class="line"><span>${t.opacity}</span>
        <input type="range" min="0.1" max="0.9" step="0.05" .value=${String(opacity)} ?disabled=${overlay !== "fill"}
          @input=${(event: Event) => store.set({ opacity: Number((event.target as HTMLInputElement).value) })} />
        <output>${share(opacity)}</output></label>
      <label class="line"><span>${t.hoverPreview}</span>
        <input type="checkbox" .checked=${previewOn} @change=${() => store.set({ previewOn: !previewOn, preview: undefined })} /></label>
    </section>`;
  }

  #about() {
    const { study, engine, model } = this.state;
    const view = activeMask(this.state);
    if (!study || !engine || !view) return nothing;
    const { backend } = view.candidates[view.chosen];
    const window = study.embedding?.window;
    return html`<section>
      <h3>${t.about}</h3>
      <dl>
        <div><dt>${t.aboutModel}</dt><dd>${model?.name ?? engine.model}</dd></div>
        <div><dt>${t.aboutWindow}</dt><dd>${window ? t.windowReadout(window.center, window.width) : t.aboutColour}</dd></div>
        <div><dt>${t.aboutBackend}</dt><dd>${t.backend[backend]}, ${number(Math.max(1, view.ms))} ms</dd></div>
      </dl>
      <p class="reason">${engine.reason}</p>
    </section>`;
  }
}

const areaOrNothing = (measured: Measurement) =>
  measured.area === 0 ? t.nothingFound : area(measured.area, measured.areaMm2);

customElements.define("label-panel", LabelPanel);
