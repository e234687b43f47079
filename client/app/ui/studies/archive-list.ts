/** One archive: search, studies page by page, the series of a study. What it answers is patient data and is kept nowhere. */
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type {
  ArchiveSeries,
  ArchiveSeriesList,
  ArchiveSeriesRef,
  ArchiveStudies,
  ArchiveStudy,
  SeriesImage,
} from "../../../../core/wire/index.ts";
import { failureText } from "../../context/notifier.ts";
import { t } from "../../i18n/index.ts";
import { ViewerElement } from "../base/element.ts";
import { controls } from "../base/styles.ts";
import { partsList } from "./series-parts.ts";
import "./series-thumbnail.ts";
import { studiesStyles } from "./studies-styles.ts";

const PAGE = 25;

const FIELDS = [
  { name: "patientName", short: false, pattern: undefined },
  { name: "patientId", short: false, pattern: undefined },
  { name: "modality", short: true, pattern: "[A-Za-z]{2,16}" },
  { name: "studyDate", short: false, pattern: String.raw`\d{8}(-\d{8})?` },
] as const;

export class ArchiveList extends ViewerElement {
  static override properties = {
    ...ViewerElement.properties,
    archive: { attribute: false },
    found: { state: true },
    asking: { state: true },
    problem: { state: true },
    series: { state: true },
    parts: { state: true },
    listing: { state: true },
  };
  /** Name of the archive. */
  declare archive: string;
  declare found: ArchiveStudies | undefined;
  declare asking: boolean;
  declare problem: string;
  /** By study. */
  declare series: ReadonlyMap<string, ArchiveSeriesList>;
  /** Images inside of series, by series. */
  declare parts: ReadonlyMap<string, readonly SeriesImage[]>;
  /** The series that is fetched to be listed. */
  declare listing: string | undefined;
  #asked: Readonly<Record<string, string>> = {};

  static override styles = [controls, ...studiesStyles];

  constructor() {
    super();
    this.asking = false;
    this.problem = "";
    this.series = new Map();
    this.parts = new Map();
  }

  protected watch = () => [];

  override firstUpdated(): void {
    void this.#search();
  }

  override render() {
    const studies = this.found?.studies ?? [];
    return html`<form class="bar" @submit=${this.#submit}>
        ${FIELDS.map(
          ({
            name,
            short,
            pattern,
          }) => html`<input name=${name} class=${short ? "short" : ""} autocomplete="off" maxlength="64"
            aria-label=${t.studies[name]} placeholder=${t.studies[name]} title=${name === "studyDate" ? t.studies.studyDateHint : t.studies[name]}
            pattern=${pattern ?? ".*"} />`,
        )}
        <button class="primary" ?disabled=${this.asking}>${t.studies.search}</button>
      </form>
      <div role="status">${this.#status(studies)}</div>
      <ul>${repeat(
        studies,
        ({ study }) => study,
        (study) => this.#study(study),
      )}</ul>
      ${this.found?.more ? html`<button class="go" ?disabled=${this.asking} @click=${() => this.#search(studies.length)}>${t.studies.more}</button>` : nothing}`;
  }

  #status(studies: readonly ArchiveStudy[]) {
    if (this.asking) return html`<p class="quiet">${t.studies.searching}</p>`;
    if (this.problem) return html`<p class="reason">${this.problem}</p>`;
    return this.found && studies.length === 0 ? html`<p>${t.studies.nothingFound}</p>` : nothing;
  }

  #study(study: ArchiveStudy) {
    const { patientName, patientId, studyDate, description, modalities, seriesCount } = study;
    const title = patientName ?? patientId ?? t.studies.unnamed;
    const facts = [
      studyDate,
      modalities.join(", "),
      description,
      seriesCount === undefined ? "" : t.studies.counted(seriesCount),
    ];
    const series = this.series.get(study.study);
    return html`<li class="study">
      <div class="what"><strong>${title}</strong><small>${facts.filter(Boolean).join("  ·  ")}</small></div>
      <button class="go" aria-expanded=${series !== undefined} aria-label=${t.studies.showSeries(title)} @click=${() => this.#toggle(study.study)}>
        ${t.studies.counted(seriesCount ?? series?.series.length ?? 0)}</button>
      ${series ? this.#series(study.study, series) : nothing}
    </li>`;
  }

  #series(study: string, { series, more }: ArchiveSeriesList) {
    return html`<ul>${series.map((one) => this.#one(study, one))}
      ${more ? html`<li><button class="go" @click=${() => this.#load(study, series)}>${t.studies.moreSeries}</button></li>` : nothing}</ul>`;
  }

  #one(study: string, one: ArchiveSeries) {
    const { series, modality, description, instanceCount, bodyPart } = one;
    const title = description ?? modality;
    const facts = [
      description === undefined ? "" : modality,
      bodyPart,
      instanceCount === undefined ? "" : t.studies.instances(instanceCount),
    ];
    const at = { archive: this.archive, study, series };
    const parts = this.parts.get(series);
    const open = (index?: number) => {
      this.app.store.set({ dialog: undefined });
      this.app.studies.openArchived(at, one, index);
    };
    return html`<li>
      <series-thumbnail .load=${() => this.app.studies.thumbnail(at)}></series-thumbnail>
      <div class="what"><strong>${title}</strong><small>${facts.filter(Boolean).join("  ·  ")}</small></div>
      <button aria-expanded=${parts !== undefined} aria-label=${t.studies.partsOf(title)} ?disabled=${this.listing !== undefined}
        @click=${() => this.#listParts(at)}>${this.listing === series ? t.studies.fetchingParts : t.studies.parts}</button>
      <button class="go" aria-label=${t.studies.openSeries(title)} @click=${() => open()}>${t.studies.open}</button>
      ${parts ? partsList(parts, open) : nothing}
    </li>`;
  }

  /** The archive has to send the whole series for it: what sets its images apart stands in their headers. */
  async #listParts(at: ArchiveSeriesRef) {
    const { series } = at;
    const without = new Map([...this.parts].filter(([other]) => other !== series));
    if (this.parts.has(series)) {
      this.parts = without;
      return;
    }
    this.listing = series;
    this.problem = "";
    try {
      this.parts = without.set(series, await this.app.studies.parts(at));
    } catch (thrown) {
      this.problem = failureText(t.studies.failed, thrown);
    } finally {
      this.listing = undefined;
    }
  }

  #submit = (event: Event) => {
    event.preventDefault();
    const values = new FormData(event.target as HTMLFormElement); // the listener stands on the form
    const entries = [...values].flatMap(([name, value]): [string, string][] =>
      typeof value === "string" && value.trim() !== "" ? [[name, value.trim()]] : [],
    );
    this.#asked = Object.fromEntries(
      entries.map(([name, value]) => [name, name === "modality" ? value.toUpperCase() : value]),
    );
    void this.#search();
  };

  async #search(offset = 0) {
    this.asking = true;
    this.problem = "";
    try {
      const page = await this.app.studies.search({ archive: this.archive, ...this.#asked, limit: PAGE, offset });
      const before = offset === 0 ? [] : (this.found?.studies ?? []);
      this.found = { ...page, studies: [...before, ...page.studies] };
    } catch (thrown) {
      this.found = undefined;
      this.problem = failureText(t.studies.failed, thrown);
    } finally {
      this.asking = false;
    }
  }

  async #toggle(study: string) {
    if (!this.series.has(study)) return this.#load(study, []);
    this.series = new Map([...this.series].filter(([other]) => other !== study));
  }

  async #load(study: string, before: readonly ArchiveSeries[]) {
    this.problem = "";
    try {
      const page = await this.app.studies.series({ archive: this.archive, study, offset: before.length });
      this.series = new Map(this.series).set(study, { ...page, series: [...before, ...page.series] });
    } catch (thrown) {
      this.problem = failureText(t.studies.failed, thrown);
    }
  }
}

customElements.define("archive-list", ArchiveList);
