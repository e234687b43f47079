/** The stack at a glance: where the slice is, which slices are encoded, which carry masks. A vertical slider. */
import { css, html, nothing } from "lit";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { encodedKey, windowOn } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import type { State } from "../state/state.ts";
import { whereIs } from "../state/where.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { styled } from "./base/styled.ts";
import { controls } from "./base/styles.ts";

export class SliceSlider extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        background: var(--surface);
        border-left: 1px solid var(--line);
        display: flex;
        flex-direction: column;
        align-items: stretch;
        gap: 8px;
        padding: 6px 0;
        touch-action: none;
        user-select: none;
      }
      .slider {
        position: relative;
        flex: 1;
        min-height: 0;
        margin: 0 4px;
        cursor: ns-resize;
        border-radius: 4px;
      }
      button.icon {
        align-self: center;
        width: 30px;
        height: 26px;
        min-height: 26px;
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
      .mask.prompted,
      .mask.edited,
      .mask.imported {
        width: 8px;
      }
      .mask.propagated,
      .mask.interpolated {
        opacity: 0.7;
      }
      .doubt {
        position: absolute;
        left: 0;
        width: 6px;
        min-height: 4px;
        border-radius: 2px;
        background: var(--warning);
      }
      .where {
        position: absolute;
        left: 0;
        width: 5px;
        min-height: 2px;
        background: var(--text);
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
        color: var(--surface);
        font-size: 11px;
        font-weight: 650;
        box-shadow: 0 1px 6px rgb(0 0 0 / 70%);
        pointer-events: none;
      }
    `,
  ];

  protected watch = ({ image, masks, log, hidden, job, activeSegment, playing, located }: State) => [
    located,
    image?.plane,
    image?.slice,
    image?.encoded,
    image?.encodeWindow,
    masks,
    log,
    hidden,
    job,
    activeSegment,
    playing,
  ];

  override render() {
    const { image, playing } = this.state;
    if (!image || image.plane.count < 2) return nothing;
    const { slice, plane } = image;
    return html`<button class="icon" aria-label=${t.slicePrevious} title=${`${t.slicePrevious} (↑)`} ?disabled=${slice === 0}
        @click=${() => this.app.images.step(-1)}>${icon("up", 16)}</button>
      <div class="slider" role="slider" tabindex="0" aria-orientation="vertical" aria-label=${t.sliceSlider}
        aria-valuemin="1" aria-valuemax=${plane.count} aria-valuenow=${slice + 1} aria-valuetext=${this.#said(image)}
        @keydown=${this.#key} @pointerdown=${this.#press} @pointermove=${this.#drag}>
      <div class="track">${this.#ticks(image)}</div>
      ${this.#masks(image)}${this.#where(image)}
      <div class="thumb" ${styled({ top: `${((slice + 0.5) / plane.count) * 100}%` })}>${slice + 1}</div>
    </div>
    <button class="icon" aria-label=${t.sliceNext} title=${`${t.sliceNext} (↓)`} ?disabled=${slice === plane.count - 1}
      @click=${() => this.app.images.step(1)}>${icon("chevron", 16)}</button>
    <button class="icon" aria-label=${playing ? t.volume.pause : t.volume.play} title=${`${playing ? t.volume.pause : t.volume.play} (K)`}
      aria-pressed=${playing} @click=${this.app.tour.togglePlay}>${icon(playing ? "pause" : "play", 16)}</button>`;
  }

  #ticks({ plane, encoded, encodeWindow }: OpenImage) {
    const height = `max(1.5px, ${90 / plane.count}%)`;
    const slices = Array.from({ length: plane.count }, (_, slice) => slice);
    return slices
      .filter((slice) => encoded.has(encodedKey({ plane: plane.plane, slice }, windowOn(encodeWindow, plane, slice))))
      .map((slice) => html`<i class="tick" ${styled({ top: `${(slice / plane.count) * 100}%`, height })}></i>`);
  }

  /** A segment a bar in its colour, wider where a hand has settled it; doubtful slices of the active one have a bar of their own. */
  #masks({ plane }: OpenImage) {
    const { activeSegment } = this.state;
    const height = `${100 / plane.count}%`;
    return segmentList(this.state)
      .filter(({ hidden }) => !hidden)
      .flatMap(({ id, colour: background }) =>
        [...whereIs(this.state, id)].map(([slice, { origin, doubtful }]) => {
          const top = `${(slice / plane.count) * 100}%`;
          const doubt = doubtful && id === activeSegment;
          return html`<i class="mask ${origin}" ${styled({ top, background, height })}></i>
            ${doubt ? html`<i class="doubt" ${styled({ top, height })}></i>` : nothing}`;
        }),
      );
  }

  /** Slices that show the name that was looked for, stronger where it is surer. */
  #where({ plane, info }: OpenImage) {
    const { located } = this.state;
    if (located?.plane !== plane.plane || located.imageId !== info.imageId) return nothing;
    const height = `${100 / plane.count}%`;
    return located.places
      .filter(({ shown }) => shown)
      .map(({ slice, presence }) => {
        const place = { top: `${(slice / plane.count) * 100}%`, height, opacity: `${presence ** 2}` };
        return html`<i class="where" title=${t.locating.tick(presence)} ${styled(place)}></i>`;
      });
  }

  /** What the mask of the active segment on this slice is, for ears. */
  #said({ slice, plane }: OpenImage): string {
    const { activeSegment } = this.state;
    const here = activeSegment ? whereIs(this.state, activeSegment).get(slice) : undefined;
    const kinds = here ? [t.volume.kinds[here.origin], ...(here.doubtful ? [t.volume.kinds.doubtful] : [])] : [];
    const { located } = this.state;
    const place = located?.plane === plane.plane ? located.places.find((one) => one.slice === slice) : undefined;
    const shows = located && place?.shown ? [located.name] : [];
    return [t.sliceOf(slice + 1, plane.count), ...kinds, ...shows].join(", ");
  }

  #key = (event: KeyboardEvent) => {
    const last = (this.state.image?.plane.count ?? 1) - 1;
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowRight: 1,
      ArrowUp: -1,
      ArrowLeft: -1,
      PageDown: 10,
      PageUp: -10,
    };
    if (event.key === "Home") this.app.images.setSlice(0);
    else if (event.key === "End") this.app.images.setSlice(last);
    else if (steps[event.key]) this.app.images.step(steps[event.key]);
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
    const { image } = this.state;
    if (!image || !(event.currentTarget instanceof Element)) return;
    const { top, height } = event.currentTarget.getBoundingClientRect();
    this.app.images.setSlice(Math.floor(((event.clientY - top) / height) * image.plane.count));
  }
}

customElements.define("slice-slider", SliceSlider);
