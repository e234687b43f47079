/** The stack at a glance: where the slice is, which slices are encoded, which carry masks. A vertical slider. */
import { css, html, nothing } from "lit";
import { t } from "../i18n.ts";
import { labelsOf } from "../state/labels.ts";
import { encodedKey } from "../state/places.ts";
import type { OpenStudy, State } from "../state/state.ts";
import { ViewerElement } from "./element.ts";
import { styled } from "./styled.ts";
import { controls } from "./styles.ts";

export class SliceSlider extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        background: var(--surface);
        border-left: 1px solid var(--line);
        padding: 12px 0;
        touch-action: none;
        user-select: none;
      }
      .slider {
        position: relative;
        height: 100%;
        margin: 0 4px;
        cursor: ns-resize;
        border-radius: 4px;
      }
      .track {
        position: absolute;
        inset: 0 auto 0 50%;
        width: 14px;
        translate: -50% 0;
        border-radius: 3px;
        background: var(--ground);
        box-shadow: inset 0 0 0 1px var(--line);
        overflow: hidden;
      }
      .tick {
        position: absolute;
        left: 3px;
        right: 3px;
        background: var(--accent);
        opacity: 0.75;
      }
      .mask {
        position: absolute;
        right: 2px;
        width: 5px;
        min-height: 3px;
        border-radius: 2px;
      }
      .thumb {
        position: absolute;
        left: 1px;
        right: 1px;
        height: 20px;
        translate: 0 -50%;
        display: grid;
        place-items: center;
        border-radius: 5px;
        background: var(--text);
        color: #0b0e11;
        font-size: 11px;
        font-weight: 650;
        box-shadow: 0 1px 6px rgb(0 0 0 / 70%);
        pointer-events: none;
      }
    `,
  ];

  protected watch = ({ study, masks, log, hidden }: State) => [
    study?.plane,
    study?.slice,
    study?.encoded,
    study?.encodeWindow,
    masks,
    log,
    hidden,
  ];

  override render() {
    const { study } = this.state;
    if (!study || study.plane.count < 2) return nothing;
    const { slice, plane } = study;
    return html`<div class="slider" role="slider" tabindex="0" aria-orientation="vertical" aria-label=${t.sliceSlider}
        aria-valuemin="1" aria-valuemax=${plane.count} aria-valuenow=${slice + 1} aria-valuetext=${t.sliceOf(slice + 1, plane.count)}
        @keydown=${this.#key} @pointerdown=${this.#press} @pointermove=${this.#drag}>
      <div class="track">${this.#ticks(study)}</div>
      ${this.#masks(study)}
      <div class="thumb" ${styled({ top: `${((slice + 0.5) / plane.count) * 100}%` })}>${slice + 1}</div>
    </div>`;
  }

  #ticks({ plane, encoded, encodeWindow }: OpenStudy) {
    const height = `max(1.5px, ${90 / plane.count}%)`;
    const slices = Array.from({ length: plane.count }, (_, slice) => slice);
    return slices
      .filter((slice) => encoded.has(encodedKey({ plane: plane.plane, slice }, encodeWindow)))
      .map((slice) => html`<i class="tick" ${styled({ top: `${(slice / plane.count) * 100}%`, height })}></i>`);
  }

  #masks({ plane, info }: OpenStudy) {
    const colours = new Map(labelsOf(this.state).map((label) => [label.id, label.visible ? label.colour : undefined]));
    const prefix = `@${info.imageId}/${plane.plane}/`;
    return [...this.state.masks.keys()].flatMap((key) => {
      const [labelId, slice] = key.split(prefix);
      const background = colours.get(labelId);
      if (slice === undefined || !background) return [];
      const top = `${(Number(slice) / plane.count) * 100}%`;
      return [html`<i class="mask" ${styled({ top, background, height: `${100 / plane.count}%` })}></i>`];
    });
  }

  #key = (event: KeyboardEvent) => {
    const last = (this.state.study?.plane.count ?? 1) - 1;
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowRight: 1,
      ArrowUp: -1,
      ArrowLeft: -1,
      PageDown: 10,
      PageUp: -10,
    };
    if (event.key === "Home") this.app.studies.setSlice(0);
    else if (event.key === "End") this.app.studies.setSlice(last);
    else if (steps[event.key]) this.app.studies.step(steps[event.key]);
    else return;
    event.preventDefault();
  };

  #press = (event: PointerEvent) => {
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
    this.#moveTo(event);
  };

  #drag = (event: PointerEvent) => {
    if (event.buttons & 1) this.#moveTo(event);
  };

  #moveTo(event: PointerEvent) {
    const { study } = this.state;
    if (!study || !(event.currentTarget instanceof Element)) return;
    const { top, height } = event.currentTarget.getBoundingClientRect();
    this.app.studies.setSlice(Math.floor(((event.clientY - top) / height) * study.plane.count));
  }
}

customElements.define("slice-slider", SliceSlider);
