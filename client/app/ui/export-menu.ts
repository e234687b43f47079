/** The export button and its menu (WAI-ARIA menu button). */
import { css, html, nothing } from "lit";
import { download, type ExportFormat, exportFile } from "../export/export.ts";
import { t } from "../i18n.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./element.ts";
import { icon } from "./icons.ts";
import { moveFocus } from "./roving.ts";
import { controls } from "./styles.ts";

export class ExportMenu extends ViewerElement {
  static override properties = { ...ViewerElement.properties, open: { state: true } };
  declare open: boolean;

  static override styles = [
    controls,
    css`
      :host {
        position: relative;
        display: block;
      }
      .main {
        width: 100%;
        min-height: 36px;
        background: var(--hover);
        font-weight: 600;
        border-radius: var(--radius);
      }
      .main:hover:not(:disabled) {
        background: #313a45;
      }
      [role="menu"] {
        position: absolute;
        z-index: 5;
        bottom: calc(100% + 6px);
        left: 0;
        right: 0;
        padding: 5px;
        border-radius: var(--radius);
        background: var(--raised);
        box-shadow: var(--shadow);
      }
      [role="menuitem"] {
        width: 100%;
        min-height: 34px;
        justify-content: space-between;
      }
      code {
        font: 11px ui-monospace, monospace;
        color: var(--muted);
      }
    `,
  ];

  protected watch = ({ masks, study }: State) => [masks, study?.info.kind];

  override connectedCallback(): void {
    super.connectedCallback();
    this.open = false;
    document.addEventListener("pointerdown", this.#outside);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.#outside);
  }

  override render() {
    return html`${this.open ? this.#menu() : nothing}
      <button class="main" aria-haspopup="menu" aria-expanded=${this.open} ?disabled=${this.state.masks.size === 0}
        @click=${this.#toggle}>${icon("download")}${t.export}</button>`;
  }

  #menu() {
    return html`<div role="menu" aria-label=${t.export} @keydown=${this.#key}>
      ${this.#item("png", t.exportPng, ".png")}${this.#item("coco", t.exportCoco, ".json")}
      ${this.state.study?.info.kind === "volume" ? this.#item("nifti", t.exportNifti, ".nii.gz") : nothing}
    </div>`;
  }

  #item(format: ExportFormat, text: string, suffix: string) {
    return html`<button role="menuitem" @click=${() => this.#export(format)}>${text}<code>${suffix}</code></button>`;
  }

  #toggle = async () => {
    this.open = !this.open;
    await this.updateComplete;
    if (this.open) this.renderRoot.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  };

  #outside = (event: Event) => {
    if (!event.composedPath().includes(this)) this.open = false;
  };

  #key = (event: KeyboardEvent) => {
    moveFocus(event);
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.open = false;
    this.renderRoot.querySelector<HTMLElement>(".main")?.focus();
  };

  async #export(format: ExportFormat) {
    this.open = false;
    const { notifier } = this.app;
    try {
      const file = await exportFile(this.state, format);
      if (!file) return notifier.info(t.exportNothing);
      download(file);
      notifier.info(t.exported(file.name));
    } catch (thrown) {
      notifier.failed(t.errors.export, thrown, () => void this.#export(format));
    }
  }
}

customElements.define("export-menu", ExportMenu);
