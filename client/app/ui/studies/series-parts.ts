/** The images inside a series: phases, echoes, orientations, each of which opens alone. */
import { html } from "lit";
import type { SeriesImage } from "../../../../core/wire/index.ts";
import { t } from "../../i18n/index.ts";

/** A list below the row of the series; `open` gets the number of an image. */
export function partsList(parts: readonly SeriesImage[], open: (index: number) => void) {
  if (parts.length < 2) return html`<ul><li><small>${t.studies.onePart}</small></li></ul>`;
  return html`<ul>${parts.map(({ index, note = "", size, kind }) => {
    const title = t.studies.part(index + 1, note || (kind === "image" ? "" : kind));
    return html`<li><div class="what"><strong>${title}</strong><small>${size ? t.studies.size(size) : ""}</small></div>
      <button class="go" aria-label=${t.studies.openSeries(title)} @click=${() => open(index)}>${t.studies.open}</button></li>`;
  })}</ul>`;
}
