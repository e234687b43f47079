/** Title, image, plane, display window, what decodes, and opening files. */
import { html, nothing } from "lit";
import { decimal, number, t } from "../i18n/index.ts";
import { filesOfPicker } from "../input/files.ts";
import type { OpenImage } from "../state/open-image.ts";
import { sameWindow, windowsOf } from "../state/places.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon, mark } from "./base/icons.ts";
import { moveFocus } from "./base/roving.ts";
import { controls } from "./base/styles.ts";
import { topBarStyles } from "./top-bar-styles.ts";

const CHIPS = 5;

export class TopBar extends ViewerElement {
  static override styles = [controls, topBarStyles];

  protected watch = ({ image, engine, model, panelOpen, offers, list, arriving }: State) => [
    arriving !== undefined,
    offers,
    list,
    image?.info,
    image?.name,
    image?.plane,
    image?.slice,
    image?.window,
    image?.modality,
    engine,
    model,
    panelOpen,
  ];

  override render() {
    const { arriving } = this.state;
    const image = arriving ? undefined : this.state.image; // what is looked at is not this image
    return html`<header>
      <h1>${mark}<span>${t.product}</span></h1>
      ${image ? this.#image(image) : nothing}
      ${arriving ? nothing : this.#list()}
      ${image ? this.#planes(image) : nothing}
      ${image?.window ? this.#windows(image) : nothing}
      <span class="space"></span>
      ${this.#engine()}
      <div class="actions">
        ${
          this.state.offers
            ? html`<button class="icon studies" aria-label=${t.studies.button} title=${t.studies.button}
                @click=${() => this.app.store.set({ dialog: "studies" })}>${icon("studies", 20)}</button>`
            : nothing
        }
        <label class="open" title=${t.openHint}>
          <input type="file" multiple aria-label=${t.openFiles} @change=${this.#pick} />${icon("open")}<span>${t.open}</span>
        </label>
        <label class="open folder" title=${t.openFolder}>
          <input type="file" multiple webkitdirectory aria-label=${t.openFolder} @change=${this.#pick} />${icon("folder")}
        </label>
        <button class="icon work" aria-label=${t.work.button} title=${t.work.button} @click=${() => this.app.store.set({ dialog: "work" })}>
          ${icon("work", 20)}
        </button>
        <button class="icon" aria-label=${t.help} title=${`${t.help} (?)`} @click=${() => this.app.store.set({ dialog: "help" })}>
          ${icon("help", 20)}
        </button>
        <button class="icon" aria-label=${t.panelToggle} title=${t.panelToggle} aria-pressed=${this.state.panelOpen}
          @click=${() => this.app.store.set({ panelOpen: !this.state.panelOpen })}>${icon("panel", 20)}</button>
      </div>
    </header>`;
  }

  #pick = async (event: Event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement)) return;
    const { files, leftOut } = filesOfPicker(input.files);
    input.value = "";
    this.#focusImage();
    if (files.length === 1 && (await this.app.imports.offer(files[0]))) return;
    await this.app.images.openFiles(files, leftOut);
  };

  #image(image: OpenImage) {
    const { info, name } = image;
    const size = (info.kind === "image" ? info.size.slice(0, 2) : info.size).map(number).join(" × ");
    const spacing = info.spacing ? `${info.spacing.map(decimal).join(" × ")} mm` : "";
    const unsaid = isUnsaid(image);
    const facts = [unsaid ? "" : info.modality, size, spacing].filter(Boolean).join("  ·  ");
    return html`<div class="opened" title=${[`${name} — ${facts}`, ...info.warnings].join("\n")}>
        <strong>${name}</strong><span>${facts}</span>
      </div>
      ${unsaid ? this.#modality(image) : nothing}`;
  }

  #list() {
    const { list } = this.state;
    if (!list) return nothing;
    const step = (by: 1 | -1, name: "back" | "forward", label: string) => html`<button class="icon" aria-label=${label}
      title=${label} ?disabled=${!this.app.studies.canStep(by)} @click=${() => this.app.studies.step(by)}>${icon(name)}</button>`;
    return html`<div class="pictures" role="group" aria-label=${t.studies.pictures}>
      ${step(-1, "back", t.studies.previous)}<span>${t.studies.place(list.index + 1, list.count)}</span>${step(1, "forward", t.studies.next)}
    </div>`;
  }

  #modality({ modality }: OpenImage) {
    const known = Object.entries(t.modalities);
    const listed = known.some(([code]) => code === modality) ? known : [[modality, modality], ...known];
    return html`<div class="windows kind"><select class="chosen" aria-label=${t.modality} title=${t.modalityDetail}
        @change=${(event: Event) => {
          this.app.images.setModality((event.target as HTMLSelectElement).value);
          this.#focusImage();
        }}>
        ${listed.map(([code, text]) => html`<option value=${code} ?selected=${code === modality}>${text}</option>`)}
      </select>${icon("chevron", 14)}</div>`;
  }

  #planes({ info, plane }: OpenImage) {
    const planes = info.planes.length > 1 ? info.planes.filter((other) => other.plane !== "native") : [];
    if (planes.length === 0) return nothing;
    return html`<div class="segmented planes" role="radiogroup" aria-label=${t.planeGroup} @keydown=${moveFocus}>
      ${planes.map(
        (other) => html`<button role="radio" aria-checked=${other === plane} tabindex=${other === plane ? 0 : -1}
          @click=${() => this.app.images.setPlane(other.plane)}>${t.planes[other.plane]}</button>`,
      )}
    </div>`;
  }

  #windows(image: OpenImage) {
    const { window } = image;
    const windows = windowsOf(image);
    const named = windows.findIndex((other) => sameWindow(other, window) && other.name === window?.name);
    const index = named >= 0 ? named : windows.findIndex((other) => sameWindow(other, window));
    const choose = (at: number) => this.app.images.setWindow(windows[at]);
    return html`<div class="windows">
      <div class="segmented chips" role="radiogroup" aria-label=${t.windowGroup} @keydown=${moveFocus}>
        ${windows.slice(0, CHIPS).map(
          (
            other,
            at,
          ) => html`<button role="radio" aria-checked=${at === index} tabindex=${at === Math.max(0, index) ? 0 : -1}
            title=${`${t.windowReadout(other.center, other.width)} (${at + 1})`} @click=${() => choose(at)}>${other.name}</button>`,
        )}
      </div>
      <select aria-label=${t.windowMore} title=${t.windowMore} class=${index >= CHIPS || index < 0 ? "chosen" : ""}
        @change=${(event: Event) => {
          choose(Number((event.target as HTMLSelectElement).value));
          this.#focusImage();
        }}>
        ${index < 0 ? html`<option value="-1" selected>${t.windowManual}</option>` : nothing}
        ${windows.map((other, at) => html`<option value=${at} ?selected=${at === index}>${other.name}</option>`)}
      </select>
      ${icon("chevron", 14)}
    </div>`;
  }

  /** Letters are shortcuts again, and not the search of a list. */
  #focusImage = () => this.app.scope.dispatchEvent(new CustomEvent("focus-image"));

  #engine() {
    const { engine, model } = this.state;
    if (!engine) return html`<span class="badge busy"><i></i>${t.backendStarting}</span>`;
    const recovering = engine.state === "recovering" || engine.state === "starting";
    const name =
      engine.state === "starting" ? t.backendStarting : recovering ? t.backendRecovering : t.backend[engine.backend];
    const ms = engine.ms === undefined ? "" : ` ${number(Math.max(1, engine.ms))} ms`;
    return html`<span class="badge model" title=${t.modelTitle(engine.model)}>${model?.name ?? engine.model}</span>
      <span class="badge ${recovering ? "busy" : engine.backend}" tabindex="0" title=${t.backendTitle(t.backend[engine.backend], engine.reason)}
        aria-label=${t.backendTitle(t.backend[engine.backend], engine.reason)} role="note"><i></i><span>${name}</span><em>${ms}</em></span>`;
  }
}

/** Photographs and screenshots say nothing of their kind; of some volumes it is only guessed, and the reader warns. */
const isUnsaid = ({ info }: OpenImage): boolean =>
  info.modality === "OT" || info.warnings.some((warning) => /\btaken as\b/i.test(warning));

customElements.define("top-bar", TopBar);
