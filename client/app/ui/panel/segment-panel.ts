/** The right side: segments with their measurements, how masks look, where they come from, export. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { measurementsOf } from "../../../../core/annotation/measurements.ts";
import type { Segment } from "../../../../core/annotation/segmentation.ts";
import { previewObstacle } from "../../annotate/preview.ts";
import { number, share, t } from "../../i18n/index.ts";
import { isProject } from "../../kept/project.ts";
import { activeMask } from "../../state/places.ts";
import { proposedSegments, segmentList } from "../../state/segments.ts";
import { isWritable, type Overlay, type State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { icon } from "../base/icons.ts";
import { moveFocus } from "../base/roving.ts";
import { sectionStyles } from "../base/section-styles.ts";
import { controls } from "../base/styles.ts";
import { factListStyles } from "./fact-list-styles.ts";
import { panelStyles } from "./segment-panel-styles.ts";
import "./measurement-list.ts";
import "./preset-menu.ts";
import "./segment-group.ts";
import "./segment-row.ts";

const OVERLAYS: readonly Overlay[] = ["fill", "outline", "off"];

export class SegmentPanel extends ViewerElement {
  static override styles = [controls, sectionStyles, factListStyles, panelStyles];

  protected watch = (state: State) => {
    const { log, hidden, activeSegment, masks, overlay, opacity, previewOn, image, engine, model, tool, keeping } =
      state;
    const shown = [state.collapsed, image?.slice, image?.plane, image?.embedding, state.proposed];
    return [log, hidden, activeSegment, masks, overlay, opacity, previewOn, engine, model, tool, keeping, ...shown];
  };

  override render() {
    const { store, prompts } = this.app;
    const segments = segmentList(this.state);
    const measured = measurementsOf(this.state.log).length;
    const mayAdd = this.state.image !== undefined && isWritable(this.state);
    return html`<aside aria-label=${t.panel}>
      <div class="head">
        <h2>${t.segments}</h2>
        <span class="space"></span>
        <button title=${`${t.newSegment} (N)`} ?disabled=${!mayAdd} @click=${() => prompts.newSegment()}>${icon("plus", 16)}${t.newSegment}</button>
        <button class="icon sheet" aria-label=${t.close} @click=${() => store.set({ panelOpen: false })}>${icon("chevron")}</button>
      </div>
      <div class="scroll">
        ${this.#proposals()}
        ${
          segments.length === 0
            ? html`<p class="none">${t.noSegments}</p>`
            : html`<ul>${repeat(
                segments,
                ({ id }) => id,
                (segment, n) => this.#item(segment, segments[n - 1]),
              )}</ul>`
        }
        <preset-menu .app=${this.app}></preset-menu>
        <measurement-list .app=${this.app}></measurement-list>
        ${this.#display()} ${this.#about()}
      </div>
      <div class="foot">
        <label class="import" title=${t.importing.buttonDetail} ?hidden=${!mayAdd}>
          <input class="hidden" type="file" aria-label=${t.importing.button} @change=${this.#import} />${icon("open")}${t.importing.button}</label>
        <button class="main" ?disabled=${segments.length + measured === 0} @click=${() => store.set({ dialog: "export" })}>${icon("download")}${t.export}</button>
      </div>
    </aside>`;
  }

  /** The first of a group stands below its name. */
  #item({ id, groupName }: Segment, before: Segment | undefined) {
    const begins = groupName !== undefined && before?.groupName !== groupName;
    const listed = groupName === undefined || !this.state.collapsed.has(groupName);
    return html`<li class=${groupName === undefined ? "" : "member"} ?hidden=${!begins && !listed}>
      ${begins ? html`<segment-group .app=${this.app} .groupName=${groupName}></segment-group>` : nothing}
      ${listed ? html`<segment-row .app=${this.app} .segmentId=${id}></segment-row>` : nothing}
    </li>`;
  }

  #proposals() {
    const ids = proposedSegments(this.state).map(({ id }) => id);
    if (ids.length === 0) return nothing;
    const { finding } = this.app;
    return html`<div class="proposals" role="group" aria-label=${t.finding.proposals(ids.length)}>
      <span>${t.finding.proposals(ids.length)}</span>
      <button @click=${() => finding.accept(ids)}>${icon("check", 15)}${t.finding.acceptAll}</button>
      <button @click=${() => finding.reject(ids)}>${icon("close", 15)}${t.finding.rejectAll}</button>
    </div>`;
  }

  #import = ({ target }: Event) => {
    if (!(target instanceof HTMLInputElement)) return;
    const [file] = target.files ?? [];
    target.value = "";
    if (file) void this.#importOf(file);
  };

  /** A project has its own images: it is opened. */
  async #importOf(file: File) {
    const { imports, images } = this.app;
    await ((await isProject(file)) ? images.openFiles([file]) : imports.importFile(file));
  }

  #display() {
    const { overlay, opacity, previewOn } = this.state;
    const { store, view, commands } = this.app;
    const obstacle = previewOn ? previewObstacle(this.state) : undefined;
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
        <input type="checkbox" .checked=${previewOn} @change=${() => commands.run("prompt.preview")} /></label>
      ${obstacle ? html`<p class="reason obstacle">${obstacle}</p>` : nothing}
    </section>`;
  }

  #about() {
    const { image, engine, model } = this.state;
    const view = activeMask(this.state);
    if (!image || !engine || !view) return nothing;
    const { backend } = view.candidates[view.chosen];
    const window = image.embedding?.window;
    return html`<section>
      <h3>${t.about}</h3>
      <dl>
        <div><dt>${t.aboutModel}</dt><dd>${model?.name ?? engine.model}</dd></div>
        <div><dt>${t.aboutWindow}</dt><dd>${window ? t.windowReadout(window.center, window.width) : t.aboutColour}</dd></div>
        ${
          backend
            ? html`<div><dt>${t.aboutBackend}</dt><dd>${t.backend[backend]}, ${number(Math.max(1, view.ms))} ms</dd></div>`
            : nothing
        }
      </dl>
      <p class="reason">${engine.reason}</p>
    </section>`;
  }
}

customElements.define("segment-panel", SegmentPanel);
