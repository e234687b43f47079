/** What can be opened by name: the server's folder, and archives. */
import { html, nothing } from "lit";
import type { ArchiveInfo, StudyEntry } from "../../../../core/wire/index.ts";
import { failureText } from "../../context/notifier.ts";
import { t } from "../../i18n/index.ts";
import type { Work } from "../../kept/work.ts";
import { moveFocus } from "../base/roving.ts";
import { DialogElement } from "../dialogs/dialog.ts";
import "./archive-list.ts";
import "./folder-list.ts";
import { studiesStyles } from "./studies-styles.ts";

export class StudiesDialog extends DialogElement {
  static override properties = {
    ...DialogElement.properties,
    studies: { state: true },
    archives: { state: true },
    works: { state: true },
    chosen: { state: true },
    problem: { state: true },
  };
  protected readonly name = "studies";
  declare studies: readonly StudyEntry[];
  declare archives: readonly ArchiveInfo[];
  declare works: readonly Work[];
  /** Name of an archive; the server's own folder when `undefined`. */
  declare chosen: string | undefined;
  declare problem: string;

  static override styles = [...DialogElement.styles, ...studiesStyles];

  constructor() {
    super();
    this.studies = [];
    this.archives = [];
    this.works = [];
    this.problem = "";
  }

  protected override opened(): void {
    void this.#load();
  }

  async #load() {
    this.problem = "";
    try {
      const { studies, keeper } = this.app;
      [this.studies, this.archives, this.works] = await Promise.all([
        studies.list(),
        studies.archives(),
        keeper.list(),
      ]);
      const hasFolder = this.studies.some(({ series }) => series.length > 0);
      if (!hasFolder) this.chosen ??= this.archives[0]?.name;
    } catch (thrown) {
      this.problem = failureText(t.studies.failed, thrown);
    }
  }

  override render() {
    return this.frame(
      t.studies.title,
      t.studies.intro,
      html`<div class="body">${this.archives.length > 0 ? this.#sources() : nothing}${this.isOpen ? this.#content() : nothing}</div>`,
    );
  }

  #content() {
    if (!this.problem) return this.#list();
    return html`<p class="reason" role="status">${this.problem}</p><button class="go" @click=${() => this.#load()}>${t.retry}</button>`;
  }

  #sources() {
    const sources = [
      { name: undefined, text: t.studies.server },
      ...this.archives.map(({ name, friendlyName }) => ({ name, text: friendlyName })),
    ];
    return html`<div class="bar"><div class="segmented" role="radiogroup" aria-label=${t.studies.sources} @keydown=${moveFocus}>
      ${sources.map(
        ({
          name,
          text,
        }) => html`<button role="radio" aria-checked=${name === this.chosen} tabindex=${name === this.chosen ? 0 : -1}
          @click=${() => {
            this.chosen = name;
          }}>${text}</button>`,
      )}
    </div></div>`;
  }

  #list() {
    const { app, chosen } = this;
    if (chosen === undefined)
      return html`<folder-list .app=${app} .studies=${this.studies} .works=${this.works}></folder-list>`;
    return this.archives
      .filter(({ name }) => name === chosen)
      .map(({ name }) => html`<archive-list .app=${app} .archive=${name}></archive-list>`);
  }
}

customElements.define("studies-dialog", StudiesDialog);
