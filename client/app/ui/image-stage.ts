/** The canvas and what lies on it: readouts in the corners, progress, the offer to encode again. */
import { html, nothing } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { decimal, millimetres, number, share, t } from "../i18n.ts";
import { enterCursor, leaveCursor } from "../input/cursor.ts";
import { listenToKeys } from "../input/keyboard.ts";
import { listenToPointer } from "../input/pointer.ts";
import { createRenderer, type Renderer } from "../render/renderer.ts";
import { scaleBar } from "../render/viewport.ts";
import { sameWindow } from "../state/places.ts";
import type { OpenStudy, State } from "../state/state.ts";
import { ViewerElement } from "./element.ts";
import { stageStyles } from "./image-stage-styles.ts";
import { edgeLetters } from "./orientation.ts";
import { styled } from "./styled.ts";
import { controls } from "./styles.ts";

const BAR_WIDTH = 120;

export class ImageStage extends ViewerElement {
  static override styles = [controls, stageStyles];
  #canvas = createRef<HTMLCanvasElement>();
  #renderer: Renderer | undefined;

  protected watch = (state: State) => {
    const { study, view, pointer, cursor, loading, tool, waiting, inverted, gesture, log } = state;
    return [study, view, pointer, cursor, loading, tool, waiting, inverted, gesture !== undefined, log.done.length > 0];
  };

  override firstUpdated(): void {
    const canvas = this.#canvas.value;
    if (!canvas) return;
    const renderer = createRenderer(canvas, this.app.store, () => this.requestUpdate());
    this.#renderer = renderer;
    const surface = { app: this.app, viewport: renderer.viewport, size: renderer.size };
    listenToPointer(canvas, surface, listenToKeys(this.app));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#renderer?.stop();
  }

  override render() {
    const { study, tool, cursor } = this.state;
    return html`
      <canvas ${ref(this.#canvas)} class=${tool} tabindex="0" role="application" aria-label=${t.canvas}
        @focus=${this.#focused} @blur=${() => cursor && leaveCursor(this.app.store)}></canvas>
      ${study ? this.#corners(study) : nothing}
      ${study ? this.#notices(study) : nothing}
      ${this.#progress()}
      ${study || this.state.loading ? nothing : html`<div class="empty"><strong>${t.noStudy}</strong>${t.noStudyDetail}</div>`}
      <candidate-strip .app=${this.app}></candidate-strip>
    `;
  }

  /** Reached by keyboard: show the crosshair. A click focuses the canvas too, but not visibly. */
  #focused = () => {
    if (this.#canvas.value?.matches(":focus-visible")) enterCursor(this.app.store);
  };

  #corners(study: OpenStudy) {
    const letters = edgeLetters(study.plane);
    const { window, plane, slice } = study;
    return html`
      ${
        letters
          ? Object.entries(letters).map(
              ([edge, letter]) => html`<span class="edge ${edge}" aria-hidden="true">${letter}</span>`,
            )
          : nothing
      }
      <div class="corner top left">
        <strong>${plane.count > 1 ? t.planes[plane.plane] : nothing}</strong>
        <span>${plane.count > 1 ? t.sliceOf(slice + 1, plane.count) : nothing}</span>
      </div>
      <div class="corner top right">
        ${window ? html`<strong>${window.name}</strong><span>${t.windowReadout(window.center, window.width)}</span>` : nothing}
        ${study.encodeWindow && sameWindow(window, study.encodeWindow) ? html`<span class="quiet">${t.encodedWith(study.encodeWindow.name)}</span>` : nothing}
        <span class="quiet">${t.zoom(share(this.state.view.zoom))}</span>
      </div>
      ${this.#scale()}
      <div class="corner bottom right">${this.#value(study)}</div>
    `;
  }

  #scale() {
    const viewport = this.#renderer?.viewport();
    const pitch = this.state.study?.plane.spacingMm?.[0];
    if (!viewport || !pitch) return nothing;
    const bar = scaleBar(viewport.scaleX / pitch, BAR_WIDTH);
    return html`<div class="corner bottom left scale">
      <i ${styled({ width: `${bar.width}px` })}></i><span>${millimetres(bar.mm)}</span>
    </div>`;
  }

  #value({ pixels, info }: OpenStudy) {
    const at = this.state.cursor ?? this.state.pointer;
    if (!pixels || !at) return nothing;
    const index = at.y * pixels.width + at.x;
    const { slope, intercept } = pixels.rescale;
    const stored = pixels.channels === 3 ? [0, 1, 2].map((c) => pixels.data[index * 3 + c]) : [pixels.data[index]];
    const unit = info.modality === "CT" ? " HU" : "";
    return html`<strong>${stored.map((value) => decimal(value * slope + intercept)).join(", ")}${unit}</strong>
      <span>x ${number(at.x)}  y ${number(at.y)}</span>`;
  }

  #notices({ window, encodeWindow, info }: OpenStudy) {
    const differs = info.channels === 1 && encodeWindow && !sameWindow(window, encodeWindow);
    const hint = this.state.log.done.length === 0 && this.state.tool === "point" ? t.hints.start : undefined;
    return html`<div class="notices">
      ${
        differs
          ? html`<div class="chip" title=${t.encodedWithDetail}>
            <span>${t.encodedWith(encodeWindow.name)} <small>${t.windowReadout(encodeWindow.center, encodeWindow.width)}</small></span>
            <button class="primary" @click=${this.#reencode}>${t.reencode}</button>
          </div>`
          : nothing
      }
      ${hint && !differs ? html`<div class="chip hint">${hint}</div>` : nothing}
    </div>`;
  }

  #reencode = () => {
    this.app.studies.reencode();
    this.app.prompts.restate();
  };

  #progress() {
    const { study, loading, waiting } = this.state;
    const slice = (study?.slice ?? 0) + 1;
    const text =
      loading ??
      (study?.stage === "pixels" ? t.stagePixels(slice) : study?.stage === "encoding" ? t.stageEncoding(slice) : "");
    const queued = waiting > 0 && study?.stage !== "ready" ? ` — ${t.stageQueued(waiting)}` : "";
    return html`<div class="progress" role="progressbar" aria-label=${text || t.said.ready} ?hidden=${!text}>
      <i></i><span>${text}${queued}</span>
    </div>`;
  }
}

customElements.define("image-stage", ImageStage);
