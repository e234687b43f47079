/** The page: its grid, file drops, and the announcements for screen readers. */
import { css, html, nothing } from "lit";
import { t } from "../i18n/index.ts";
import { filesOfDrop } from "../input/files.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";
import "./dialogs/export-dialog.ts";
import "./dialogs/help-dialog.ts";
import "./dialogs/work-dialog.ts";
import "./notice-strip.ts";
import "./panel/segment-panel.ts";
import "./prompt-bar.ts";
import "./slice-slider.ts";
import "./stage/image-stage.ts";
import "./status-line.ts";
import "./toast-stack.ts";
import "./tool-rail.ts";
import "./top-bar.ts";
import "./volume/job-bar.ts";

export class ViewerApp extends ViewerElement {
  static override properties = { ...ViewerElement.properties, dragging: { state: true } };
  declare dragging: boolean;
  #depth = 0;

  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template:
          "top top top top" 50px
          "notice notice notice notice" auto
          "rail stage slider panel" minmax(0, 1fr)
          "rail prompt prompt panel" auto
          "status status status status" 28px / 54px minmax(0, 1fr) 44px auto;
        position: relative;
        background: var(--ground);
      }
      top-bar { grid-area: top; }
      tool-rail { grid-area: rail; }
      image-stage { grid-area: stage; min-width: 0; }
      slice-slider { grid-area: slider; }
      prompt-bar { grid-area: prompt; min-width: 0; }
      job-bar { grid-area: stage; place-self: start center; z-index: 3; margin-top: 10px; max-width: min(560px, 60%); }
      notice-strip { grid-area: notice; min-width: 0; }
      segment-panel { grid-area: panel; width: 300px; min-height: 0; }
      status-line { grid-area: status; min-width: 0; }
      .drop {
        position: absolute;
        inset: 0;
        z-index: 20;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 10px;
        background: var(--veil);
        outline: 2px dashed var(--accent);
        outline-offset: -14px;
        pointer-events: none;
        color: var(--accent);
      }
      .drop strong { font-size: 22px; color: var(--text); }
      .drop span { color: var(--muted); }
      @media (max-width: 1100px) {
        segment-panel { width: 256px; }
      }
      @media (max-width: 760px) {
        :host {
          grid-template:
            "top top" auto
            "notice notice" auto
            "stage slider" minmax(0, 1fr)
            "prompt prompt" auto
            "rail rail" auto
            "status status" auto / minmax(0, 1fr) 40px;
        }
        segment-panel {
          grid-area: auto;
          position: absolute;
          z-index: 8;
          inset: auto 0 0 0;
          width: auto;
          max-height: 62%;
        }
      }
    `,
  ];

  protected watch = ({ panelOpen, announcement }: State) => [panelOpen, announcement];

  override connectedCallback(): void {
    super.connectedCallback();
    this.dragging = false;
    addEventListener("dragenter", this.#enter);
    addEventListener("dragleave", this.#leave);
    addEventListener("dragover", this.#over);
    addEventListener("drop", this.#drop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("dragenter", this.#enter);
    removeEventListener("dragleave", this.#leave);
    removeEventListener("dragover", this.#over);
    removeEventListener("drop", this.#drop);
  }

  #enter = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    this.#depth++;
    this.dragging = true;
  };

  #leave = () => {
    this.#depth = Math.max(0, this.#depth - 1);
    this.dragging = this.#depth > 0;
  };

  #over = (event: DragEvent) => event.preventDefault();

  #drop = async (event: DragEvent) => {
    event.preventDefault();
    this.#depth = 0;
    this.dragging = false;
    if (!event.dataTransfer) return;
    const { files, leftOut } = await filesOfDrop(event.dataTransfer);
    await this.app.images.openFiles(files, leftOut);
  };

  override render() {
    const { app } = this;
    return html`
      <top-bar .app=${app}></top-bar>
      <notice-strip .app=${app}></notice-strip>
      <tool-rail .app=${app}></tool-rail>
      <image-stage .app=${app}></image-stage>
      <slice-slider .app=${app}></slice-slider>
      <job-bar .app=${app}></job-bar>
      <prompt-bar .app=${app}></prompt-bar>
      ${this.state.panelOpen ? html`<segment-panel .app=${app}></segment-panel>` : nothing}
      <status-line .app=${app}></status-line>
      <toast-stack .app=${app}></toast-stack>
      <help-dialog .app=${app}></help-dialog>
      <export-dialog .app=${app}></export-dialog>
      <work-dialog .app=${app}></work-dialog>
      <div class="hidden" role="status" aria-live="polite">${this.state.announcement}</div>
      ${this.dragging ? this.#dropHint() : nothing}
    `;
  }

  #dropHint() {
    return html`<div class="drop">${icon("open", 44)}<strong>${t.dropHere}</strong><span>${t.dropDetail(this.app.server?.host)}</span></div>`;
  }
}

customElements.define("viewer-app", ViewerApp);
