/** What is exported, how, and what would be lost: said before a byte is written. */
import { html, nothing } from "lit";
import type { Covered } from "../../../../core/annotation/labelmap.ts";
import { isSegmenterError } from "../../../../core/errors.ts";
import { maskArea } from "../../../../core/mask/mask.ts";
import type { ArchiveInfo } from "../../../../core/wire/index.ts";
import { FORMAT_GROUPS, type OverlapChoice } from "../../../../formats/write/writer.ts";
import { isMissingPart } from "../../context/missing-part.ts";
import { IncompleteError, progressOf } from "../../export/collect.ts";
import type { ExportChoice, OfferedFormat, Prepared } from "../../export/exports.ts";
import { share, t } from "../../i18n/index.ts";
import { segmentList } from "../../state/segments.ts";
import type { State } from "../../state/state.ts";
import { icon } from "../base/icons.ts";
import { DialogElement } from "./dialog.ts";
import { exportStyles } from "./export-dialog-styles.ts";

/** Formats that say whose image it was. */
const DICOM = new Set<string>(["dicom-seg", "dicom-seg-labelmap", "dicom-sr", "rtstruct"]);

export class ExportDialog extends DialogElement {
  static override properties = {
    ...DialogElement.properties,
    choice: { state: true },
    prepared: { state: true },
    problem: { state: true },
    stores: { state: true },
  };
  protected readonly name = "export";
  declare choice: ExportChoice;
  /** `undefined` while masks are computed. */
  declare prepared: Prepared | undefined;
  declare problem: unknown;
  /** Archives that take results. */
  declare stores: readonly ArchiveInfo[];
  #under = new AbortController();

  static override styles = [...DialogElement.styles, exportStyles];

  constructor() {
    super();
    this.choice = { format: "nifti", overlap: "smaller", hidden: false, deidentify: false };
    this.stores = [];
  }

  protected override watch(state: State) {
    const progress = state.dialog === this.name ? [state.masks, state.failed, state.outage, state.hidden] : [];
    return [...super.watch(state), ...progress];
  }

  protected override opened(): void {
    void this.#findStores();
    const possible = this.app.exports.formats().filter(({ lack }) => !lack);
    const [first] = possible;
    const kept = possible.some(({ id }) => id === this.choice.format);
    this.#choose({ hidden: false, ...(kept || !first ? {} : { format: first.id }) });
  }

  protected override closed(): void {
    this.#under.abort();
    this.prepared = undefined;
  }

  #choose(change: Partial<ExportChoice>) {
    const wanted = { ...this.choice, ...change };
    const overlaps: readonly OverlapChoice[] = this.#format(wanted.format)?.overlaps ?? [];
    const overlap = overlaps.includes(wanted.overlap) ? wanted.overlap : (overlaps[0] ?? "smaller");
    this.choice = { ...wanted, overlap };
    void this.#prepare();
  }

  #format(id: ExportChoice["format"]) {
    return this.app.exports.formats().find((format) => format.id === id);
  }

  async #prepare() {
    this.#under.abort();
    const under = new AbortController();
    this.#under = under;
    this.prepared = undefined;
    this.problem = undefined;
    try {
      const prepared = await this.app.exports.prepare(this.choice, under.signal);
      if (!under.signal.aborted) this.prepared = prepared;
    } catch (thrown) {
      if (!under.signal.aborted) this.problem = thrown;
    }
  }

  #save = () => {
    if (!this.prepared) return;
    const { exports, notifier } = this.app;
    try {
      notifier.info(t.exporting.saved(exports.save(this.prepared)));
    } catch (thrown) {
      notifier.failed(t.errors.export, thrown);
    }
    this.close();
  };

  /** Without an answer there is no button; files can be saved all the same. */
  async #findStores() {
    this.stores = this.state.offers ? await this.app.studies.stores().catch(() => []) : [];
  }

  async #send({ name, friendlyName }: ArchiveInfo) {
    if (!this.prepared) return;
    const { exports, notifier, studies } = this.app;
    const { prepared } = this;
    this.close();
    try {
      let stored = true;
      for (const file of await exports.objects(prepared)) stored = stored && (await studies.send(name, file));
      notifier.info(stored ? t.studies.sent(friendlyName) : t.studies.notSent(friendlyName));
    } catch (thrown) {
      notifier.failed(t.studies.notSent(friendlyName), thrown);
    }
  }

  #retry = () => {
    this.app.exports.retry();
    void this.#prepare();
  };

  override render() {
    if (!this.isOpen) return this.frame(t.exporting.title, "", html``);
    const empty = this.prepared && !this.#holds(this.prepared);
    return this.frame(
      t.exporting.title,
      "",
      html`<div class="body">
        ${this.#formats()} ${this.#overlaps()} ${this.#deidentify()} ${this.#hidden()}
        <div class="outcome" role="status">${this.#outcome()}</div>
      </div>
      <footer>
        <span class="space"></span>
        <button @click=${this.close}>${t.exporting.cancel}</button>
        ${DICOM.has(this.choice.format) ? this.stores.map((store) => this.#store(store, empty)) : nothing}
        <button class="primary" ?disabled=${!this.prepared || empty} @click=${this.#save}>${icon("download")}${t.exporting.save}</button>
      </footer>`,
    );
  }

  #store(store: ArchiveInfo, empty: boolean | undefined) {
    return html`<button ?disabled=${!this.prepared || empty} @click=${() => this.#send(store)}>${icon("open")}${t.studies.send(store.friendlyName)}</button>`;
  }

  #formats() {
    const formats = this.app.exports.formats();
    return FORMAT_GROUPS.map(
      (group) => html`<fieldset>
        <legend>${t.exporting.groups[group]}</legend>
        ${formats.filter((format) => format.group === group).map((format) => this.#radio(format))}
      </fieldset>`,
    );
  }

  #radio({ id, suffix, lack }: OfferedFormat) {
    return html`<label class=${lack ? "lacking" : ""}>
      <input type="radio" name="format" ?disabled=${lack !== undefined} .checked=${id === this.choice.format}
        @change=${() => this.#choose({ format: id })} />
      <span>${t.exporting.formats[id]}${lack ? html`<small>${t.exporting.lacks[lack]}</small>` : nothing}</span>
      <code>${suffix}</code></label>`;
  }

  #deidentify() {
    if (!DICOM.has(this.choice.format)) return nothing;
    const { deidentify } = this.choice;
    return html`<label class="line"><input type="checkbox" .checked=${deidentify}
        @change=${() => this.#choose({ deidentify: !deidentify })} /><span>${t.exporting.deidentify}</span></label>
      ${deidentify ? html`<p class="quiet">${t.exporting.deidentified}</p>` : nothing}`;
  }

  #overlaps() {
    const format = this.#format(this.choice.format);
    if (!format || format.overlaps.length === 0) return nothing;
    return html`<label class="line"><span>${t.exporting.overlap}</span>
      <select @change=${(event: Event) => this.#chooseOverlap(event)}>
        ${format.overlaps.map(
          (overlap) =>
            html`<option value=${overlap} ?selected=${overlap === this.choice.overlap}>${t.exporting.overlaps[overlap]}</option>`,
        )}
      </select></label>`;
  }

  #chooseOverlap({ target }: Event) {
    const { formats } = this.app.exports;
    const overlap = formats()
      .flatMap(({ overlaps }) => [...overlaps])
      .find((known) => target instanceof HTMLSelectElement && known === target.value);
    if (overlap) this.#choose({ overlap });
  }

  #hidden() {
    const hidden = segmentList(this.state).filter((segment) => segment.hidden);
    if (hidden.length === 0) return nothing;
    const names = hidden.map(({ name }) => name).join(", ");
    return html`<label class="line"><input type="checkbox" .checked=${this.choice.hidden}
        @change=${() => this.#choose({ hidden: !this.choice.hidden })} /><span>${t.exporting.hidden(hidden.length)}</span></label>
      ${this.choice.hidden ? nothing : html`<p class="quiet">${t.exporting.hiddenLeftOut(names)}</p>`}`;
  }

  #outcome() {
    if (this.problem) return this.#problem(this.problem);
    if (!this.prepared) return this.#progress();
    const { segmentation, covered, changes = [] } = this.prepared;
    const here = this.choice.format === "png";
    if (!this.#holds(this.prepared)) return html`<p>${here ? t.exporting.nothingHere : t.exporting.nothing}</p>`;
    const nameless = DICOM.has(this.choice.format) && this.choice.deidentify;
    return html`<p>${t.exporting.contents(segmentation.segments.length, segmentation.masks.length)}
        ${nameless ? nothing : t.exporting.named}</p>
      ${this.#losses(covered)}
      ${changes.map((change) => html`<p class="quiet changed">${icon("warning", 14)}${t.exporting.changes[change]}</p>`)}`;
  }

  /** Tables hold what was measured, without a mask too. */
  #holds({ segmentation: { masks, measurements = [] } }: Prepared): boolean {
    return masks.length > 0 || (this.#format(this.choice.format)?.group === "tables" && measurements.length > 0);
  }

  #losses(covered: readonly Covered[]) {
    const { segments, masks } = this.prepared?.segmentation ?? { segments: [], masks: [] };
    const format = this.#format(this.choice.format);
    if (format?.overlaps.length === 0 || this.choice.overlap === "separate" || this.choice.overlap === "4d")
      return html`<p class="quiet">${t.exporting.keepsOverlap}</p>`;
    if (covered.length === 0) return html`<p class="quiet">${t.exporting.noOverlap}</p>`;
    const nameOf = (id: string) => segments.find((segment) => segment.id === id)?.name ?? "";
    const whole = (id: string) =>
      masks.filter(({ segmentId }) => segmentId === id).reduce((sum, { mask }) => sum + maskArea(mask), 0);
    const places = this.state.image?.info.kind === "volume" ? t.exporting.voxels : t.exporting.pixels;
    return html`<ul class="losses">${covered.map(
      ({ segmentId, by, voxels }) =>
        html`<li>${icon("warning", 14)}${t.exporting.covered(
          nameOf(segmentId),
          nameOf(by),
          places(voxels),
          share(voxels / Math.max(1, whole(segmentId))),
        )}</li>`,
    )}</ul>`;
  }

  #progress() {
    const { done, total } = progressOf(this.state, this.choice.format === "png");
    return html`<p>${t.exporting.collecting(done, total)}</p>
      <progress max=${Math.max(1, total)} value=${done}></progress>
      ${this.state.outage ? html`<p class="quiet">${t.exporting.waits}</p>` : nothing}`;
  }

  #problem(thrown: unknown) {
    if (isSegmenterError(thrown, "CannotExport")) return html`<p>${t.exporting.cannot(thrown.detail.reason)}</p>`;
    if (isMissingPart(thrown))
      return html`<p>${t.errors.missingPart}</p>
        <button class="retry" @click=${() => location.reload()}>${t.reload}</button>`;
    if (!(thrown instanceof IncompleteError)) return html`<p>${t.errors.export} ${String(thrown)}</p>`;
    return html`<p>${t.exporting.incomplete(thrown.failed, thrown.total)}</p>
      <button class="retry" @click=${this.#retry}>${t.retry}</button>`;
  }
}

customElements.define("export-dialog", ExportDialog);
