/** The page: its grid, file drops, and the announcements for screen readers. */
import { css, html, nothing } from "lit";
import { isHandTool } from "../edit/brush.ts";
import { t } from "../i18n/index.ts";
import { filesOfDrop } from "../input/files.ts";
import { panesOf } from "../state/focus.ts";
import type { OpenImage } from "../state/open-image.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";
import "./dialogs/export-dialog.ts";
import "./dialogs/help-dialog.ts";
import "./dialogs/import-dialog.ts";
import "./dialogs/work-dialog.ts";
import "./edit-bar.ts";
import "./studies/studies-dialog.ts";
import "./notice-strip.ts";
import "./panel/segment-panel.ts";
import "./prompt-bar.ts";
import "./slice-slider.ts";
import "./stage/arriving-picture.ts";
import "./stage/image-stage.ts";
import "./status-line.ts";
import "./toast-stack.ts";
import "./tool-rail.ts";
import "./top-bar.ts";
import "./volume/job-bar.ts";
import "./volume/plane-pane.ts";
import "./volume/volume-pane.ts";

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
          "top top top top" minmax(50px, auto)
          "notice notice notice notice" auto
          "rail stage slider panel" minmax(0, 1fr)
          "rail edit edit panel" auto
          "rail prompt prompt panel" auto
          "status status status status" 28px / 54px minmax(0, 1fr) 44px auto;
        position: relative;
        background: var(--ground);
      }
      top-bar { grid-area: top; }
      tool-rail { grid-area: rail; }
      .stages { grid-area: stage; min-width: 0; min-height: 0; display: grid; }
      .stages.four {
        grid-template: "axial surface" minmax(0, 1fr) "coronal sagittal" minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr);
        gap: 2px;
        background: var(--line);
      }
      .four .axial { grid-area: axial; }
      .four .coronal { grid-area: coronal; }
      .four .sagittal { grid-area: sagittal; }
      .four volume-pane { grid-area: surface; }
      .four image-stage { box-shadow: inset 0 0 0 2px var(--accent); }
      arriving-picture { grid-area: stage; z-index: 4; }
      slice-slider { grid-area: slider; }
      edit-bar { grid-area: edit; min-width: 0; }
      prompt-bar { grid-area: prompt; min-width: 0; }
      job-bar { grid-area: stage; place-self: start center; z-index: 3; margin-top: 34px; max-width: min(560px, 60%); }
      notice-strip { grid-area: notice; min-width: 0; }
      segment-panel { grid-area: panel; width: 300px; min-height: 0; }
      status-line { grid-area: status; min-width: 0; }
      [inert]:not(.stages) { opacity: 0.4; }
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
      @container (max-width: 1100px) {
        segment-panel { width: 256px; }
      }
      @container (max-width: 760px) {
        :host {
          grid-template:
            "top top" auto
            "notice notice" auto
            "stage slider" minmax(0, 1fr)
            "edit edit" auto
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
      /* Low, as at 200 %: the tools stand beside the image, or the bars leave it no room. */
      @media (max-height: 560px) {
        @container (max-width: 760px) {
          :host {
            grid-template:
              "top top top" auto
              "notice notice notice" auto
              "rail stage slider" minmax(0, 1fr)
              "rail edit edit" auto
              "rail prompt prompt" auto
              "status status status" auto / 42px minmax(0, 1fr) 40px;
          }
          segment-panel { max-height: 80%; }
        }
      }
    `,
  ];

  protected watch = ({ panelOpen, announcement, layout, image, tool, arriving }: State) => [
    panelOpen,
    announcement,
    layout,
    image?.plane,
    isHandTool(tool),
    arriving !== undefined,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.dragging = false;
    this.app.scope.addEventListener("dragenter", this.#enter);
    this.app.scope.addEventListener("dragleave", this.#leave);
    this.app.scope.addEventListener("dragover", this.#over);
    this.app.scope.addEventListener("drop", this.#drop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.app.scope.removeEventListener("dragenter", this.#enter);
    this.app.scope.removeEventListener("dragleave", this.#leave);
    this.app.scope.removeEventListener("dragover", this.#over);
    this.app.scope.removeEventListener("drop", this.#drop);
  }

  #enter = (event: Event) => {
    if (!(event instanceof DragEvent) || !event.dataTransfer?.types.includes("Files")) return;
    this.#depth++;
    this.dragging = true;
  };

  #leave = () => {
    this.#depth = Math.max(0, this.#depth - 1);
    this.dragging = this.#depth > 0;
  };

  #over = (event: Event) => event.preventDefault();

  #drop = async (event: Event) => {
    event.preventDefault();
    this.#depth = 0;
    this.dragging = false;
    if (!(event instanceof DragEvent) || !event.dataTransfer) return;
    const { files, leftOut } = await filesOfDrop(event.dataTransfer);
    if (files.length === 1 && (await this.app.imports.offer(files[0]))) return;
    await this.app.images.openFiles(files, leftOut);
  };

  override render() {
    const { app } = this;
    const { image, layout, arriving } = this.state;
    const inert = arriving !== undefined; // another image is looked at than the one that prompts would go to
    const four = layout === "four" && image !== undefined && panesOf(image).includes(image.plane.plane);
    return html`
      <top-bar .app=${app}></top-bar>
      <notice-strip .app=${app}></notice-strip>
      <tool-rail ?inert=${inert} .app=${app}></tool-rail>
      <div class="stages ${four ? "four" : "one"}" ?inert=${inert}>
        <image-stage class=${image?.plane.plane ?? ""} .app=${app} .viewer=${this}></image-stage>
        ${four ? this.#panes(image) : nothing}
      </div>
      <arriving-picture hidden .app=${app}></arriving-picture>
      <slice-slider ?inert=${inert} .app=${app}></slice-slider>
      ${isHandTool(this.state.tool) ? html`<edit-bar ?inert=${inert} .app=${app}></edit-bar>` : nothing}
      <job-bar ?inert=${inert} .app=${app}></job-bar>
      <prompt-bar ?inert=${inert} .app=${app}></prompt-bar>
      ${this.state.panelOpen ? html`<segment-panel ?inert=${inert} .app=${app}></segment-panel>` : nothing}
      <status-line .app=${app}></status-line>
      <toast-stack .app=${app}></toast-stack>
      <help-dialog .app=${app}></help-dialog>
      <export-dialog .app=${app}></export-dialog>
      <import-dialog .app=${app}></import-dialog>
      <work-dialog .app=${app}></work-dialog>
      <studies-dialog .app=${app}></studies-dialog>
      <div class="hidden" role="status" aria-live="polite">${this.state.announcement}</div>
      ${this.dragging ? this.#dropHint() : nothing}
    `;
  }

  #panes(image: OpenImage) {
    const others = panesOf(image).filter((plane) => plane !== image.plane.plane);
    return html`${others.map((plane) => html`<plane-pane class=${plane} .app=${this.app} .plane=${plane}></plane-pane>`)}
      <volume-pane .app=${this.app}></volume-pane>`;
  }

  #dropHint() {
    return html`<div class="drop">${icon("open", 44)}<strong>${t.dropHere}</strong><span>${t.dropDetail(this.app.server?.host)}</span></div>`;
  }
}

customElements.define("viewer-app", ViewerApp);
