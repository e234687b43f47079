/** The canvas and what lies on it: readouts in the corners, progress, the offer to encode again. */
import { html, nothing } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { valuesAt } from "../../../../core/image/values.ts";
import { decimal, millimetres, number, share, t } from "../../i18n/index.ts";
import { enterCursor, leaveCursor } from "../../input/cursor.ts";
import { listenToKeys } from "../../input/keyboard.ts";
import { listenToPointer } from "../../input/pointer.ts";
import { createRenderer, type Renderer } from "../../render/renderer.ts";
import { scaleBar, type Viewport } from "../../render/viewport.ts";
import type { OpenImage } from "../../state/open-image.ts";
import { activeMask, sameWindow } from "../../state/places.ts";
import type { State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { sliceStyles } from "../base/slice-styles.ts";
import { styled } from "../base/styled.ts";
import { controls } from "../base/styles.ts";
import { stageStyles } from "./image-stage-styles.ts";
import { edgeLetters } from "./orientation.ts";
import "./candidate-strip.ts";

const BAR_WIDTH = 120;

export class ImageStage extends ViewerElement {
  static override properties = { ...ViewerElement.properties, viewer: { attribute: false } };
  /** The element that holds the stage and the bars beside it. */
  declare viewer: HTMLElement;
  static override styles = [controls, sliceStyles, stageStyles];
  #canvas = createRef<HTMLCanvasElement>();
  #renderer: Renderer | undefined;
  #gone = new AbortController();

  protected watch = (state: State) => {
    const { image, view, pointer, cursor, loading, outage, tool, waiting } = state;
    const { inverted, gesture, log, masks, activeSegment } = state;
    const looks = [view, pointer, cursor, tool, inverted, gesture !== undefined, state.job !== undefined];
    return [image, loading, outage, waiting, log.done.length > 0, masks, activeSegment, ...looks];
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.app.scope.addEventListener("focus-image", this.#focusCanvas);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.app.scope.removeEventListener("focus-image", this.#focusCanvas);
    this.#renderer?.stop();
    this.#gone.abort();
  }

  override firstUpdated(): void {
    const canvas = this.#canvas.value;
    if (!canvas) return;
    const { store, detail } = this.app;
    const renderer = createRenderer(canvas, { store, detail, viewer: this.viewer }, () => this.requestUpdate());
    this.#renderer = renderer;
    const surface = { app: this.app, viewport: renderer.viewport, fromCentre: renderer.fromCentre };
    listenToPointer(canvas, surface, listenToKeys(this.app, this.#gone.signal));
  }

  /** Where the pixels of the slice lie on the canvas. */
  viewport(): Viewport | undefined {
    return this.#renderer?.viewport();
  }

  override render() {
    const { image, tool, cursor, loading } = this.state;
    const look = image?.pixels ? tool : "blank";
    return html`
      <canvas ${ref(this.#canvas)} class=${look} tabindex="0" role="application" aria-label=${t.canvas}
        @focus=${this.#focused} @blur=${() => cursor && leaveCursor(this.app.store)}></canvas>
      ${image ? this.#corners(image) : nothing}
      ${image?.pixels ? this.#notices(image) : nothing}
      ${this.#progress()}
      ${image || loading ? nothing : html`<div class="empty"><strong>${t.noImage}</strong>${t.noImageDetail}</div>`}
      <candidate-strip .app=${this.app}></candidate-strip>
    `;
  }

  /** Reached by keyboard: show the crosshair. A click focuses the canvas too, but not visibly. */
  #focused = () => {
    if (this.#canvas.value?.matches(":focus-visible")) enterCursor(this.app.store);
  };

  /** Keys are meant for the image again. */
  #focusCanvas = () => {
    const canvas = this.#canvas.value;
    if (!canvas) return;
    const { cursor } = this.state;
    canvas.focus({ preventScroll: true });
    if (!cursor) leaveCursor(this.app.store);
  };

  #corners(image: OpenImage) {
    const letters = image.pixels ? edgeLetters(image.plane) : undefined;
    const { window, encodeWindow, plane, slice } = image;
    const same = encodeWindow && sameWindow(window, encodeWindow);
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
        <span class="slice">${plane.count > 1 ? t.sliceOf(slice + 1, plane.count) : nothing}</span>
      </div>
      <div class="corner top right">
        ${window ? html`<strong>${window.name}</strong><span>${t.windowReadout(window.center, window.width)}</span>` : nothing}
        ${same ? html`<span class="quiet">${t.encodedWith(encodeWindow.name)}</span>` : nothing}
        <span class="quiet">${t.zoom(share(this.state.view.zoom))}</span>
      </div>
      ${image.pixels ? this.#scale() : nothing}
      <div class="corner bottom right">${this.#value(image)}</div>
    `;
  }

  #scale() {
    const viewport = this.viewport();
    const pitch = this.state.image?.plane.spacingMm?.[0];
    if (!viewport || !pitch) return nothing;
    const bar = scaleBar(viewport.scaleX / pitch, BAR_WIDTH);
    return html`<div class="corner bottom left scale">
      <i ${styled({ width: `${bar.width}px` })}></i><span>${millimetres(bar.mm)}</span>
    </div>`;
  }

  #value({ pixels, detail, modality }: OpenImage) {
    const at = this.state.cursor ?? this.state.pointer;
    if (!pixels || !at) return nothing;
    const values = valuesAt(pixels, at) ?? (detail && valuesAt(detail, at));
    const unit = modality === "CT" ? " HU" : "";
    return html`<strong>${values ? `${values.map(decimal).join(", ")}${unit}` : nothing}</strong>
      <span>x ${number(at.x)}  y ${number(at.y)}</span>`;
  }

  #notices({ window, encodeWindow }: OpenImage) {
    const { log, tool } = this.state;
    const differs = encodeWindow && !sameWindow(window, encodeWindow);
    const hint = log.done.length === 0 && tool === "point" && !differs;
    return html`<div class="notices ${this.#below()}">
      ${
        differs
          ? html`<div class="chip" title=${t.encodedWithDetail}>
            <span>${t.encodedWith(encodeWindow.name)} <small>${t.windowReadout(encodeWindow.center, encodeWindow.width)}</small></span>
            <button class="primary" @click=${this.#reencode}>${t.reencode}</button>
          </div>`
          : nothing
      }
      ${hint ? html`<div class="chip hint">${t.hints.start}</div>` : nothing}
      ${this.#doubt()}
    </div>`;
  }

  /** The bar of a job lies over the stage's upper edge. */
  #below = () => (this.state.job ? "below" : "");

  /** A guess is said to be one, where it is looked at. */
  #doubt() {
    const view = activeMask(this.state);
    if (!view || view.area === 0 || !view.doubtful) return nothing;
    const { predictedIou } = view.candidates[view.chosen];
    return html`<div class="chip hint doubtful" role="status">${t.doubtfulDetail(share(predictedIou))}</div>`;
  }

  #reencode = () => {
    this.app.images.reencode();
    this.app.prompts.restate();
  };

  #progress() {
    const { image, loading, waiting, outage } = this.state;
    const slice = (image?.slice ?? 0) + 1;
    const stages = { pixels: t.stagePixels(slice), encoding: t.stageEncoding(slice), idle: "", ready: "", failed: "" };
    const blank = image && !image.pixels && (image.stage !== "failed" || outage);
    const text = loading ?? (blank ? t.stagePixels(slice) : image ? stages[image.stage] : "");
    const queued = waiting > 0 && image?.stage !== "ready" ? ` — ${t.stageQueued(waiting)}` : "";
    return html`<div class="progress ${this.#below()}" role="progressbar" aria-label=${text || t.said.ready} ?hidden=${!text}>
      <i></i><span>${text}${queued}</span>
    </div>`;
  }
}

customElements.define("image-stage", ImageStage);
