/** What may be done with names beside segmenting one: all of them, and where one is. */
import { css, html, nothing } from "lit";
import type { StructureKind } from "../../../core/wire/text.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import type { State } from "../state/state.ts";
import type { LocatedName } from "../state/underway.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";

const KINDS = ["organ", "vessel", "bone", "muscle", "lesion", "tissue", "device"] as const satisfies StructureKind[];

/** Foot of the list of names. */
export class NameActions extends ViewerElement {
  static override properties = {
    ...ViewerElement.properties,
    name: { type: String },
    regions: { attribute: false },
    all: { type: Boolean },
  };
  static override styles = [
    controls,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        padding: 8px 10px;
        border-top: 1px solid var(--line);
      }
      label {
        display: grid;
        grid-template-columns: 8em 1fr;
        align-items: center;
        flex-basis: 100%;
        color: var(--muted);
      }
      select {
        min-width: 0;
        min-height: 30px;
        padding: 0 6px;
      }
      button {
        min-height: 30px;
        padding: 0 10px;
      }
    `,
  ];
  /** A name whose place in the stack can be told; empty for none. */
  declare name: string;
  /** Of the body, that names have. */
  declare regions: readonly string[];
  /** Every name is listed: also what may be done with all of them. */
  declare all: boolean;

  protected watch = ({ finding, image }: State) => [
    finding,
    image?.pixels,
    image?.modality,
    image?.bodyPart,
    image?.task,
  ];

  override render() {
    const { finding, image } = this.state;
    const { finding: actions } = this.app;
    const stacked = (image?.plane.count ?? 1) > 1;
    const off = finding !== undefined || !image?.pixels;
    const where = this.name && stacked;
    if (!where && !this.all) return nothing;
    return html`<div>
      ${this.all && image ? this.#said(image) : nothing}
      ${where ? this.#button(t.locating.button(this.name), t.locating.detail, () => actions.where(this.name)) : nothing}
      ${this.all ? this.#button(t.finding.onSlice, "Shift + F", actions.toggle, off) : nothing}
      ${this.all && stacked ? this.#button(t.finding.inVolume, "Alt + Shift + F", actions.toggleVolume, off) : nothing}
    </div>`;
  }

  /** What is said of the image where names are looked for; what the file says is filled in. */
  #said({ modality, bodyPart, task, info }: OpenImage) {
    const { images } = this.app;
    const kinds = Object.entries(t.modalities);
    const own = kinds.some(([code]) => code === info.modality) ? [] : [[info.modality, info.modality] as const];
    return html`
      ${chooser(t.modality, t.finding.modalityDetail, { chosen: modality, options: [...own, ...kinds], set: images.setModality })}
      ${chooser(t.finding.region, t.finding.regionDetail, {
        chosen: bodyPart,
        options: [
          ["", t.finding.everywhere],
          ...this.regions.map((region) => [region, t.names.region(region)] as const),
        ],
        set: images.setBodyPart,
      })}
      ${chooser(t.finding.task, t.finding.taskDetail, {
        chosen: task,
        options: [["", t.finding.allKinds], ...KINDS.map((kind) => [kind, t.finding.kinds[kind]] as const)],
        set: (value) => images.setTask(KINDS.find((kind) => kind === value) ?? ""),
      })}`;
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

interface Choices {
  readonly chosen: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly set: (value: string) => void;
}

const chooser = (label: string, title: string, { chosen, options, set }: Choices) =>
  html`<label title=${title}>${label}
    <select @change=${({ target }: Event) => target instanceof HTMLSelectElement && set(target.value)}>
      ${options.map(([value, text]) => html`<option value=${value} ?selected=${chosen === value}>${text}</option>`)}
    </select></label>`;

/** What has been found of the place of a name, with a way to be rid of it. */
export class NameLocated extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        position: absolute;
        bottom: calc(100% + 14px);
        left: 0;
      }
      span {
        background: var(--surface);
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
