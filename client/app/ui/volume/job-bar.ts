/** A propagation under way: how far it is, and what can be done with what has come. */
import { css, html, nothing } from "lit";
import { t } from "../../i18n/index.ts";
import { segmentList } from "../../state/segments.ts";
import type { State } from "../../state/state.ts";
import type { JobView } from "../../state/underway.ts";
import { ViewerElement } from "../base/element.ts";
import { styled } from "../base/styled.ts";
import { controls } from "../base/styles.ts";

export class JobBar extends ViewerElement {
  static override styles = [
    controls,
    css`
      .bar {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 4px 6px 4px 16px;
        border-radius: 20px;
        background: var(--float);
        box-shadow: var(--shadow);
        white-space: nowrap;
      }
      .track {
        flex: 1;
        min-width: 60px;
        height: 6px;
        border-radius: 3px;
        background: var(--ground);
        box-shadow: inset 0 0 0 1px var(--line);
        overflow: hidden;
      }
      .track i {
        display: block;
        height: 100%;
        border-radius: 3px;
        background: var(--segment);
        transition: width var(--fast);
      }
      button {
        border-radius: 15px;
      }
      .muted {
        color: var(--muted);
      }
      .broken {
        color: var(--warning);
      }
    `,
  ];

  protected watch = ({ job, log, hidden }: State) => [job, log, hidden];

  override render() {
    const { job } = this.state;
    const segment = segmentList(this.state).find(({ id }) => id === job?.segmentId);
    if (!job || !segment) return nothing;
    const { done, total } = job;
    const found = [...job.masks.values()].filter(({ origin }) => origin === "propagated").length;
    const text = total > 0 ? t.volume.running(segment.name, done, total) : t.volume.starting(segment.name);
    const { propagation } = this.app;
    return html`<div class="bar" ${styled({ "--segment": segment.colour })}>
      <span>${text}</span>
      ${this.#track(job, text)}
      ${job.broken ? html`<span class="broken" role="status">${t.volume.broken}</span>` : html`<span class="muted">${t.volume.found(found)}</span>`}
      ${job.broken && found > 0 ? html`<button @click=${propagation.keep}>${t.volume.keep(found)}</button>` : nothing}
      <button class="stop" @click=${propagation.cancel}>${t.volume.stop}</button>
    </div>`;
  }

  #track({ done, total }: JobView, text: string) {
    const width = `${total > 0 ? (100 * done) / total : 0}%`;
    return html`<div class="track" role="progressbar" aria-label=${text} aria-valuemin="0" aria-valuemax=${total} aria-valuenow=${done}>
      <i ${styled({ width })}></i></div>`;
  }
}

customElements.define("job-bar", JobBar);
