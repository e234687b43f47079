/** The candidates of an ambiguous prompt as small images: what each would cover. */
import { css, html, nothing, type PropertyValues } from "lit";
import { type Mask, maskBounds } from "../../../../core/mask/mask.ts";
import { isHandTool } from "../../edit/brush.ts";
import { share, t } from "../../i18n/index.ts";
import { createImageLayer } from "../../render/image-layer.ts";
import { paintMask } from "../../render/mask-layer.ts";
import { type Viewport, viewportOf } from "../../render/viewport.ts";
import type { OpenImage } from "../../state/open-image.ts";
import { activeMask } from "../../state/places.ts";
import { openSegmentOf } from "../../state/segments.ts";
import type { State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { moveFocus } from "../base/roving.ts";
import { styled } from "../base/styled.ts";
import { controls } from "../base/styles.ts";

const WIDTH = 92;
const HEIGHT = 70;

export class CandidateStrip extends ViewerElement {
  static override styles = [
    controls,
    css`
      .strip {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 6px;
        border-radius: 12px;
        background: var(--float);
        box-shadow: var(--shadow);
      }
      button {
        position: relative;
        display: block;
        padding: 0;
        border: 2px solid transparent;
        border-radius: 8px;
        overflow: hidden;
        line-height: 0;
      }
      button[aria-checked="true"] {
        border-color: var(--chosen);
      }
      canvas {
        width: 92px;
        height: 70px;
        border-radius: 5px;
        background: #000;
      }
      span {
        position: absolute;
        left: 4px;
        bottom: 4px;
        padding: 1px 5px;
        border-radius: 4px;
        background: rgb(0 0 0 / 72%);
        color: #fff;
        font-size: 11px;
        line-height: 1.3;
      }
      kbd {
        margin: 0 4px;
      }
      @media (max-width: 760px) {
        canvas {
          width: 72px;
          height: 55px;
        }
        kbd {
          display: none;
        }
      }
    `,
  ];

  #image = createImageLayer();

  protected watch = ({ masks, activeSegment, image, log, inverted, tool }: State) => [
    masks,
    activeSegment,
    image?.slice,
    image?.pixels,
    image?.window,
    log,
    inverted,
    tool,
  ];

  /** Not over the image while it is painted on. */
  override render() {
    const segment = openSegmentOf(this.state);
    const view = activeMask(this.state);
    const { image, tool } = this.state;
    if (!image?.pixels || !segment || !view || view.candidates.length < 2 || isHandTool(tool)) return nothing;
    return html`<div class="strip" role="radiogroup" aria-label=${t.candidates} ${styled({ "--chosen": segment.colour })} @keydown=${moveFocus}>
      ${view.candidates.map((mask, index) => {
        const chosen = index === view.chosen;
        const name = t.candidate(index + 1, share(mask.predictedIou));
        return html`<button role="radio" aria-checked=${chosen} tabindex=${chosen ? 0 : -1} aria-label=${name} title=${name}
          @click=${() => this.app.prompts.choose(index)}><canvas width=${WIDTH * 2} height=${HEIGHT * 2}></canvas
          ><span aria-hidden="true">${share(mask.predictedIou)}</span></button>`;
      })}
      <kbd aria-hidden="true">Tab</kbd>
    </div>`;
  }

  override updated(changed: PropertyValues): void {
    super.updated(changed);
    const { image, inverted } = this.state;
    const view = activeMask(this.state);
    const colour = openSegmentOf(this.state)?.colour;
    if (!image?.pixels || !view || !colour) return;
    const viewport = closeUp(image, view.candidates);
    this.renderRoot.querySelectorAll("canvas").forEach((canvas, index) => {
      const context = canvas.getContext("2d");
      const mask = view.candidates[index];
      if (!context || !mask || !image.pixels) return;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.setTransform(2, 0, 0, 2, 0, 0);
      this.#image.paint(context, viewport, image.pixels, { window: image.window, inverted });
      paintMask(context, viewport, { mask, colour, opacity: 0.5, overlay: "fill", active: false, dashed: false });
    });
  }
}

/** All candidates in view, the same piece of the slice for each, so that they compare. */
function closeUp({ plane }: OpenImage, masks: readonly Mask[]): Viewport {
  const { width, height, spacingMm } = plane;
  const fitted = viewportOf({
    width,
    height,
    spacingMm,
    area: { x: 0, y: 0, width: WIDTH, height: HEIGHT },
    view: { zoom: 1, panX: 0, panY: 0 },
  });
  const boxes = masks.map(maskBounds).filter((box) => box !== null);
  if (boxes.length === 0) return fitted;
  const x0 = Math.min(...boxes.map((box) => box.x0));
  const y0 = Math.min(...boxes.map((box) => box.y0));
  const x1 = Math.max(...boxes.map((box) => box.x1));
  const y1 = Math.max(...boxes.map((box) => box.y1));
  const aspect = fitted.scaleY / fitted.scaleX;
  const scaleX = Math.min(WIDTH / (x1 - x0 + 1) / 1.35, HEIGHT / ((y1 - y0 + 1) * aspect) / 1.35, fitted.scaleX * 8);
  const scaleY = scaleX * aspect;
  return {
    scaleX,
    scaleY,
    left: WIDTH / 2 - ((x0 + x1 + 1) / 2) * scaleX,
    top: HEIGHT / 2 - ((y0 + y1 + 1) / 2) * scaleY,
  };
}

customElements.define("candidate-strip", CandidateStrip);
