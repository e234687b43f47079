/** Grey values under a mask as a small picture: as wide as the panel, the fullest bin as high as it. */
import { html } from "lit";
import type { Histogram } from "../../../../core/mask/tally.ts";
import { decimal, t } from "../../i18n/index.ts";

const HEIGHT = 32;

/** `unit` begins with a space where there is one. */
export function histogramPicture({ from, to, counts }: Histogram, unit: string) {
  const fullest = Math.max(...counts);
  const tops = counts.map((count, n) => {
    const y = HEIGHT * (1 - count / fullest);
    return `L${n} ${y}H${n + 1}`;
  });
  const label = t.volume.histogram(`${decimal(from)}${unit}`, `${decimal(to)}${unit}`);
  return html`<svg class="histogram" role="img" aria-label=${label} viewBox="0 0 ${counts.length} ${HEIGHT}" preserveAspectRatio="none">
    <title>${label}</title>
    <path d=${`M0 ${HEIGHT}${tops.join("")}L${counts.length} ${HEIGHT}Z`}></path>
  </svg>`;
}
