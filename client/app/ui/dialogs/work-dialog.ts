/** What is kept in this browser, image by image; projects; and what the server offers. */
import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Study } from "../../../index.ts";
import { t } from "../../i18n/index.ts";
import { shortId, type Work } from "../../kept/work.ts";
import { icon } from "../base/icons.ts";
import { rowListStyles } from "../base/row-list-styles.ts";
import { DialogElement } from "./dialog.ts";

const dates = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

export class WorkDialog extends DialogElement {
  static override properties = {
    ...DialogElement.properties,
    works: { state: true },
    studies: { state: true },
    asides: { state: true },
    deidentify: { state: true },
  };
  protected readonly name = "work";
  declare works: readonly Work[] | undefined;
  declare studies: readonly Study[];
  /** Works that could not be read. */
  declare asides: readonly Work[];
  /** Projects are saved without anything that tells of a person. */
  declare deidentify: boolean;

  static override styles = [
    ...DialogElement.styles,
    rowListStyles,
    css`
      :host {
        --width: 640px;
      }
      ul {
        margin-bottom: 16px;
      }
      li {
        gap: 6px;
        padding: 6px 6px 6px 14px;
      }
      .plain {
        display: flex;
        gap: 9px;
        align-items: center;
      }
      .here {
        color: var(--accent);
        padding: 0 9px;
      }
      li button:not(.icon) {
        color: var(--accent);
        font-weight: 600;
      }
    `,
  ];

  constructor() {
    super();
    this.studies = [];
    this.asides = [];
    this.deidentify = false;
  }

  protected override opened(): void {
    void this.#load();
  }

  async #load() {
    this.works = await this.app.keeper.list();
    this.asides = await this.app.keeper.asides();
    // What the server offers is an extra; without it the list of work is still whole.
    this.studies = await this.app.images.studies().catch(() => []);
  }

  override render() {
    const works = this.works ?? [];
    const known = new Set(works.map(({ imageId }) => imageId));
    const offered = this.studies.filter(({ imageId }) => !known.has(imageId));
    return this.frame(
      t.work.title,
      t.work.intro,
      html`<div class="body">
        ${works.length === 0 ? html`<p>${t.work.none}</p>` : nothing}
        <ul>${repeat(
          works,
          ({ imageId }) => imageId,
          (work) => this.#work(work),
        )}</ul>
        ${offered.length > 0 ? html`<h3>${t.work.offered}</h3><ul>${offered.map((study) => this.#study(study))}</ul>` : nothing}
        ${this.#deidentify()}
      </div>
      <footer>
        <button ?disabled=${!this.state.image} @click=${() => this.#save()}>${icon("download", 16)}${t.work.saveProject}</button>
        <button ?disabled=${works.length < 2} @click=${() => this.#save(works)}>${t.work.saveAll}</button>
        ${this.asides.length > 0 ? html`<button @click=${this.#saveAsides}>${t.work.saveAsides(this.asides.length)}</button>` : nothing}
      </footer>`,
    );
  }

  #deidentify() {
    return html`<label class="plain"><input type="checkbox" .checked=${this.deidentify}
        @change=${() => {
          this.deidentify = !this.deidentify;
        }} /><span>${t.work.deidentify}</span></label>
      ${this.deidentify ? html`<p>${t.work.deidentified}</p>` : nothing}`;
  }

  /** Words of the vocabulary, in lower case; without an answer every typed word is left out. */
  async #words(): Promise<ReadonlySet<string>> {
    const terms = await this.app.vocabulary().catch(() => []);
    return new Set(terms.flatMap(({ name, synonyms }) => [name, ...synonyms]).map((word) => word.toLowerCase()));
  }

  #work(work: Work) {
    const { imageId, name, modality, segments, slices, savedAt } = work;
    const here = imageId === this.state.image?.info.imageId;
    const facts = [modality, t.work.facts(segments, slices), dates.format(savedAt), shortId(imageId)];
    return html`<li>
      <div class="what"><strong>${name}</strong><small>${facts.filter(Boolean).join("  ·  ")}</small></div>
      ${
        here
          ? html`<span class="here">${t.work.here}</span>`
          : html`<button aria-label=${t.work.openWork(name)} @click=${() => this.#open(imageId, name)}>${t.work.open}</button>`
      }
      <button class="icon" aria-label=${t.work.saveProjectOf(name)} title=${t.work.saveProjectOf(name)}
        @click=${() => this.#save([work])}>${icon("download")}</button>
      <button class="icon" ?disabled=${here} aria-label=${t.work.remove(name)} title=${here ? t.work.removeHere(name) : t.work.remove(name)}
        @click=${() => this.#remove(work)}>${icon("trash")}</button>
    </li>`;
  }

  #study({ imageId, name }: Study) {
    const here = imageId === this.state.image?.info.imageId;
    return html`<li>
      <div class="what"><strong>${name}</strong><small>${shortId(imageId)}</small></div>
      ${
        here
          ? html`<span class="here">${t.work.here}</span>`
          : html`<button aria-label=${t.work.openWork(name)} @click=${() => this.#open(imageId, name)}>${t.work.open}</button>`
      }
    </li>`;
  }

  /** The dialog goes first: what cannot be opened is told in the page. */
  #open(imageId: Work["imageId"], name: string) {
    this.close();
    void this.app.images.openKnown(imageId, name);
  }

  /** As they are: whoever can read them will. */
  #saveAsides = () => this.app.exports.download(`${t.work.stem}-aside.json`, JSON.stringify(this.asides, null, 1));

  async #save(works?: readonly Work[]) {
    const { keeper, exports, notifier } = this.app;
    try {
      const file = await keeper.projectFile(works, this.deidentify ? await this.#words() : undefined);
      if (!file) return;
      exports.download(file.name, file.text);
      notifier.info(t.exporting.saved(file.name));
    } catch (thrown) {
      notifier.failed(t.errors.export, thrown);
    }
  }

  /** The dialog goes first: the toast with its Undo lies under it. */
  async #remove(work: Work) {
    this.close();
    await this.app.keeper.remove(work);
  }
}

customElements.define("work-dialog", WorkDialog);
