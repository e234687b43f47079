/** The server's folder: study → series → image. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { SeriesImage, StudyEntry, StudySeries } from "../../../../core/wire/index.ts";
import { failureText } from "../../context/notifier.ts";
import { t } from "../../i18n/index.ts";
import type { Work } from "../../kept/work.ts";
import type { State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { controls } from "../base/styles.ts";
import { partsList } from "./series-parts.ts";
import "./series-thumbnail.ts";
import { studiesStyles } from "./studies-styles.ts";

/** A list that is longer than a screen can be filtered. */
const FILTER_FROM = 8;

export class FolderList extends ViewerElement {
  static override properties = {
    ...ViewerElement.properties,
    studies: { attribute: false },
    works: { attribute: false },
    filter: { state: true },
    problem: { state: true },
    parts: { state: true },
  };
  declare studies: readonly StudyEntry[];
  declare works: readonly Work[];
  declare filter: string;
  declare problem: string;
  /** Images of the series that were asked for. */
  declare parts: ReadonlyMap<string, readonly SeriesImage[]>;

  static override styles = [controls, ...studiesStyles];

  constructor() {
    super();
    this.studies = [];
    this.works = [];
    this.filter = "";
    this.problem = "";
    this.parts = new Map();
  }

  protected watch = ({ image }: State) => [image?.info.imageId];

  override render() {
    const all = this.studies.flatMap(({ series }) => series);
    if (all.length === 0) return html`<p>${t.studies.none}</p>`;
    const shown = this.studies.map((study) => ({ ...study, series: study.series.filter((one) => this.#matches(one)) }));
    return html`${
      all.length >= FILTER_FROM
        ? html`<div class="bar"><input type="search" aria-label=${t.studies.filter} placeholder=${t.studies.filter} .value=${this.filter}
            @input=${(event: Event) => {
              this.filter = (event.target as HTMLInputElement).value;
            }} /><span class="quiet" role="status">${t.studies.counted(shown.flatMap(({ series }) => series).length)}</span></div>`
        : nothing
    }
    ${this.problem ? html`<p class="reason" role="status">${this.problem}</p>` : nothing}
    ${shown.every(({ series }) => series.length === 0) ? html`<p>${t.studies.noMatch}</p>` : nothing}
    ${shown.filter(({ series }) => series.length > 0).map((study) => this.#study(study))}
    ${this.studies.flatMap(({ left }) => left).map(({ files, reason }) => html`<p class="quiet">${t.studies.left(files, reason)}</p>`)}`;
  }

  #matches({ modality, kind, description = "", format }: StudySeries): boolean {
    const text = `${modality} ${kind} ${description} ${format}`.toLowerCase();
    return this.filter
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word));
  }

  #study({ name, date = "", description = "", series }: StudyEntry) {
    return html`<section>
      <h3>${t.studies.study(name, date, description)}</h3>
      <ul>${repeat(
        series,
        ({ seriesId }) => seriesId,
        (one) => this.#series(one),
      )}</ul>
    </section>`;
  }

  #series(series: StudySeries) {
    const { seriesId, modality, kind, files, size, description, format, reason, imageId } = series;
    const title = description ?? t.studies.series(modality, kind);
    const work = this.works.find((one) => one.imageId === imageId);
    const facts = [
      description === undefined ? "" : t.studies.series(modality, kind),
      format === "DICOM" ? "" : format,
      size ? t.studies.size(size) : "",
      t.studies.files(files),
      work ? t.studies.work(work.segments) : "",
    ];
    const parts = this.parts.get(seriesId);
    return html`<li>
      <series-thumbnail .load=${() => this.app.studies.thumbnail(seriesId)}></series-thumbnail>
      <div class="what"><strong>${title}</strong><small>${facts.filter(Boolean).join("  ·  ")}</small>
        ${reason === undefined ? nothing : html`<small class="reason">${t.studies.cannotRead(reason)}</small>`}</div>
      ${
        kind === "image" || kind === "pictures"
          ? html`<button aria-expanded=${parts !== undefined} aria-label=${t.studies.partsOf(title)} @click=${() => this.#toggle(series)}>${t.studies.parts}</button>`
          : nothing
      }
      ${
        imageId !== undefined && imageId === this.state.image?.info.imageId
          ? html`<span class="here">${t.studies.here}</span>`
          : html`<button class="go" aria-label=${t.studies.openSeries(title)} @click=${() => this.#open(series)}>${t.studies.open}</button>`
      }
      ${parts ? partsList(parts, (index) => this.#open(series, index)) : nothing}
    </li>`;
  }

  async #toggle(series: StudySeries) {
    const { seriesId } = series;
    const without = new Map([...this.parts].filter(([id]) => id !== seriesId));
    if (this.parts.has(seriesId)) {
      this.parts = without;
      return;
    }
    this.problem = "";
    try {
      this.parts = without.set(seriesId, await this.app.studies.parts(seriesId));
    } catch (thrown) {
      this.problem = failureText(t.studies.failed, thrown);
    }
  }

  /** The dialog goes first: what cannot be opened is told in the page. */
  #open(series: StudySeries, index?: number) {
    this.app.store.set({ dialog: undefined });
    this.app.studies.open(series, index);
  }
}

customElements.define("folder-list", FolderList);
