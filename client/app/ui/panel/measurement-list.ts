/** Rulers, angles and probes of the image: a click shows one where it lies. */
import { css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { type Measurement, measurementsOf } from "../../../../core/annotation/measurements.ts";
import { t } from "../../i18n/index.ts";
import { measurementText } from "../../state/measurements.ts";
import { isWritable, type State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { icon } from "../base/icons.ts";
import { sectionStyles } from "../base/section-styles.ts";
import { controls } from "../base/styles.ts";

export class MeasurementList extends ViewerElement {
  static override styles = [
    controls,
    sectionStyles,
    css`
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        align-items: center;
      }
      .go {
        flex: 1;
        min-width: 0;
        justify-content: flex-start;
        gap: 8px;
        padding: 0 4px;
        font-variant-numeric: tabular-nums;
      }
      small {
        margin-left: auto;
        color: var(--muted);
      }
    `,
  ];

  protected watch = ({ log, image, keeping }: State) => [log, image?.info, image?.modality, keeping];

  override render() {
    const { image, log } = this.state;
    const shown = measurementsOf(log).filter(({ at }) => at.imageId === image?.info.imageId);
    if (shown.length === 0) return nothing;
    return html`<section aria-label=${t.measure.title}>
      <h3>${t.measure.title}</h3>
      <ul>${repeat(
        shown,
        ({ measurementId }) => measurementId,
        (measurement) => this.#row(measurement),
      )}</ul>
    </section>`;
  }

  #row(measurement: Measurement) {
    const { tool, at, measurementId } = measurement;
    const { images, measures } = this.app;
    const single = (this.state.image?.plane.count ?? 1) === 1;
    const text = measurementText(this.state, measurement);
    const name = `${t.toolNames[tool]}, ${text}`;
    return html`<li>
      <button class="go" aria-label=${t.measure.goTo(name)} title=${t.measure.goTo(name)} @click=${() => images.goTo(at)}>
        ${icon(tool, 16)}<span>${text}</span>${single ? nothing : html`<small>${t.measure.place(t.planes[at.plane], at.slice + 1)}</small>`}
      </button>
      <button class="icon" ?disabled=${!isWritable(this.state)} aria-label=${t.measure.remove(name)} title=${t.measure.remove(name)}
        @click=${() => measures.remove(measurementId)}>${icon("trash", 16)}</button>
    </li>`;
  }
}

customElements.define("measurement-list", MeasurementList);
