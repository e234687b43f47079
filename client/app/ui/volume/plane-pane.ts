/** Another plane of the same place: its slice through the focus, the masks on it, and where the focus is. */
import { css, html } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import type { Plane } from "../../../../core/image/volume.ts";
import { t } from "../../i18n/index.ts";
import { createPaneRenderer, type PaneRenderer } from "../../render/pane-renderer.ts";
import { clampInside, toSlice } from "../../render/viewport.ts";
import { focusIn, gridOf } from "../../state/focus.ts";
import type { State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { sliceStyles } from "../base/slice-styles.ts";
import { controls } from "../base/styles.ts";
import { edgeLetters } from "../stage/orientation.ts";
import { paneStyles } from "./pane-styles.ts";

export class PlanePane extends ViewerElement {
  static override properties = { ...ViewerElement.properties, plane: { attribute: false } };
  declare plane: Plane;
  static override styles = [
    controls,
    sliceStyles,
    paneStyles,
    css`
      canvas {
        cursor: crosshair;
      }
    `,
  ];
  #canvas = createRef<HTMLCanvasElement>();
  #renderer: PaneRenderer | undefined;

  protected watch = ({ image, focus }: State) => [image?.info, image?.plane, image?.slice, focus];

  override firstUpdated(): void {
    const canvas = this.#canvas.value;
    if (!canvas) return;
    this.#renderer = createPaneRenderer(canvas, this.app, this.plane);
    canvas.addEventListener("wheel", this.#wheel, { passive: false });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#renderer?.stop();
  }

  override render() {
    const { image } = this.state;
    const stack = image?.info.planes.find(({ plane }) => plane === this.plane);
    const at = focusIn(this.state, this.plane);
    if (!image || !stack || !at) return html`<canvas ${ref(this.#canvas)}></canvas>`;
    const name = t.planes[this.plane];
    return html`<canvas ${ref(this.#canvas)} role="img" aria-label=${t.volume.pane(name)}
        @pointerdown=${this.#press} @pointermove=${this.#drag} @dblclick=${this.#makeMain}></canvas>
      ${Object.entries(edgeLetters(stack) ?? {}).map(
        ([edge, letter]) => html`<span class="edge ${edge}" aria-hidden="true">${letter}</span>`,
      )}
      <button class="title" title=${t.volume.makeMain(name)} @click=${this.#makeMain}>${name}
        <span>${t.sliceOf(at.slice + 1, stack.count)}</span></button>`;
  }

  #makeMain = () => {
    const at = focusIn(this.state, this.plane);
    if (!at || !this.state.image) return;
    this.app.images.goTo({ imageId: this.state.image.info.imageId, plane: this.plane, slice: at.slice });
  };

  #press = (event: PointerEvent) => {
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
    this.#lookAt(event);
  };

  #drag = (event: PointerEvent) => {
    if (event.buttons & 1) this.#lookAt(event);
  };

  #lookAt({ offsetX, offsetY }: PointerEvent) {
    const { image } = this.state;
    const viewport = this.#renderer?.viewport();
    const at = focusIn(this.state, this.plane);
    if (!image || !viewport || !at) return;
    const grid = gridOf(image, this.plane);
    const { x, y } = clampInside(toSlice(viewport, { x: offsetX, y: offsetY }), grid);
    this.app.images.lookAt(grid.toIjk(Math.round(x), Math.round(y), at.slice));
  }

  #wheel = (event: WheelEvent) => {
    event.preventDefault();
    const { image } = this.state;
    const at = focusIn(this.state, this.plane);
    if (!image || !at) return;
    const grid = gridOf(image, this.plane);
    const slice = Math.min(grid.count - 1, Math.max(0, at.slice + Math.sign(event.deltaY)));
    this.app.images.lookAt(grid.toIjk(at.point.x, at.point.y, slice));
  };
}

customElements.define("plane-pane", PlanePane);
