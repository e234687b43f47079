/** The surfaces of the segments; vtk.js comes when this is first shown. */
import { css, html, nothing } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { lpsToIjk, transformPoint } from "../../../../core/image/geometry.ts";
import { t } from "../../i18n/index.ts";
import { gridOf } from "../../state/focus.ts";
import type { OpenImage } from "../../state/open-image.ts";
import { segmentList } from "../../state/segments.ts";
import type { State } from "../../state/state.ts";
import type { Scene, Shape, Side } from "../../surface/scene.ts";
import { ViewerElement } from "../base/element.ts";
import { sliceStyles } from "../base/slice-styles.ts";
import { controls } from "../base/styles.ts";
import { paneStyles } from "./pane-styles.ts";

const SIDES: readonly Side[] = ["anterior", "posterior", "right", "left", "superior", "inferior"];
/** The outline of the slice, and colours, follow the page after a rest. */
const REST_MS = 150;
const CLICK_SLOP = 4;

export class VolumePane extends ViewerElement {
  static override properties = {
    ...ViewerElement.properties,
    failed: { state: true },
    empty: { state: true },
    making: { state: true },
  };
  declare failed: boolean;
  declare empty: boolean;
  declare making: boolean;
  static override styles = [
    controls,
    sliceStyles,
    paneStyles,
    css`
      :host {
        background: var(--ground);
      }
      .scene {
        position: absolute;
        inset: 0;
        outline-offset: -3px;
      }
      .title,
      .sides button {
        color: var(--text);
        text-shadow: none;
      }
      .title {
        pointer-events: none;
        padding: 6px 9px;
      }
      .sides {
        position: absolute;
        right: 8px;
        bottom: 8px;
      }
      @container (max-width: 260px) {
        .sides {
          right: 2px;
        }
        .sides button {
          min-width: 24px;
          padding: 0 4px;
        }
      }
      p {
        position: absolute;
        inset: 0;
        display: grid;
        place-content: center;
        margin: 0;
        padding: 24px;
        text-align: center;
        color: var(--muted);
        pointer-events: none;
      }
    `,
  ];
  #element = createRef<HTMLElement>();
  #scene: Scene | undefined;
  #unfollow = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #theme = matchMedia("(prefers-color-scheme: light)");

  protected watch = ({ image, masks, job, log, hidden }: State) => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#show, REST_MS);
    return [image?.info, image?.plane, masks.size === 0, job === undefined, log, hidden];
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.failed = false;
    this.empty = true;
    this.making = false;
    this.#theme.addEventListener("change", this.#paintGround);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#theme.removeEventListener("change", this.#paintGround);
    this.#unfollow();
    this.#scene?.stop();
    this.#scene = undefined;
  }

  override async firstUpdated(): Promise<void> {
    const failed = () => {
      this.failed = true;
    };
    this.#unfollow = this.app.surfaces.follow({ changed: this.#show, failed });
    try {
      const { createScene } = await import("../../surface/scene.ts");
      const element = this.#element.value;
      if (!element || !this.isConnected) return;
      this.#scene = createScene(element);
      this.#paintGround();
      this.#show();
    } catch {
      this.failed = true;
    }
  }

  #paintGround = () => this.#scene?.background(getComputedStyle(this).backgroundColor);

  #show = () => {
    const { image } = this.state;
    const { surfaces } = this.app;
    if (!this.#scene || !image) return;
    const shapes = segmentList(this.state).flatMap(({ id, colour }): Shape[] => {
      const surface = surfaces.of(id);
      return surface ? [{ id, colour, surface }] : [];
    });
    this.empty = shapes.length === 0;
    this.making = surfaces.busy();
    this.#scene.show(shapes);
    this.#scene.outline(cornersOf(image), "#5ad1c8");
  };

  override render() {
    return html`<div class="scene" tabindex="0" role="application" aria-label=${t.volume.surfaces} ${ref(this.#element)}
        @pointerdown=${this.#press} @pointerup=${this.#release} @keydown=${this.#key}></div>
      <span class="title">${t.volume.surfacesTitle}</span>
      ${this.failed || (this.empty && !this.making) ? html`<p>${this.failed ? t.volume.surfacesFailed : t.volume.surfacesNone}</p>` : nothing}
      <div class="sides segmented" role="group">
        ${SIDES.map(
          (side) => html`<button aria-label=${t.volume.sideNames[side]} title=${t.volume.sideNames[side]}
            @click=${() => this.#scene?.lookFrom(side)}>${t.volume.sides[side]}</button>`,
        )}
      </div>`;
  }

  #pressed = { x: 0, y: 0 };

  #press = ({ clientX: x, clientY: y }: PointerEvent) => {
    this.#pressed = { x, y };
  };

  /** A drag turns; a click goes to what is under it. */
  #release = ({ clientX, clientY }: PointerEvent) => {
    const { x, y } = this.#pressed;
    const bounds = this.#element.value?.getBoundingClientRect();
    const { image } = this.state;
    if (!image || !bounds || Math.hypot(clientX - x, clientY - y) > CLICK_SLOP) return;
    const place = this.#scene?.pick(clientX - bounds.left, clientY - bounds.top);
    if (place) this.app.images.lookAt(transformPoint(lpsToIjk(image.info.ijkToLps), place));
  };

  #key = (event: KeyboardEvent) => {
    const turns: Record<string, readonly [number, number]> = {
      ArrowLeft: [8, 0],
      ArrowRight: [-8, 0],
      ArrowUp: [0, -8],
      ArrowDown: [0, 8],
    };
    const turn = turns[event.key];
    if (turn) this.#scene?.turn(...turn);
    else if (event.key === "+" || event.key === "=") this.#scene?.zoom(1.15);
    else if (event.key === "-") this.#scene?.zoom(1 / 1.15);
    else return;
    event.preventDefault();
  };
}

/** Of the slice shown, in LPS mm. */
function cornersOf(image: OpenImage): [number, number, number][] {
  const { plane, info, slice } = image;
  const grid = gridOf(image, plane.plane);
  const ends = [
    [-0.5, -0.5],
    [plane.width - 0.5, -0.5],
    [plane.width - 0.5, plane.height - 0.5],
    [-0.5, plane.height - 0.5],
  ];
  return ends.map(([x, y]) => [...transformPoint(info.ijkToLps, grid.toIjk(x, y, slice))]);
}

customElements.define("volume-pane", VolumePane);
