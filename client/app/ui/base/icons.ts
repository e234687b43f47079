/** Line icons on a 24-unit grid, drawn for this viewer. Decorative: the control beside them carries the name. */
import { html, type SVGTemplateResult, svg, type TemplateResult } from "lit";

const SHAPES = {
  point: svg`<circle cx="12" cy="12" r="3.5" fill="currentColor" stroke="none"/><path d="M12 2.5v4M12 17.5v4M2.5 12h4M17.5 12h4"/>`,
  box: svg`<path d="M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16"/><path d="M11 4h2M11 20h2M4 11v2M20 11v2"/>`,
  scribble: svg`<path d="M3.5 16.5C6 9 8.5 5 10.5 6.5S7 16 9.5 17.5 15 9 17 10s-1.5 6 .5 7 2.5-.5 3-1.5"/>`,
  lasso: svg`<path d="M12 4.5c4.700 0 8.5 2.5 8.5 5.750S16.700 16 12 16s-8.5-2.5-8.5-5.750S7.300 4.5 12 4.5Z" stroke-dasharray="3 2.600"/><path d="M7.5 15.200c-1.600.6-2 2.600-.6 3.300 1.200.6 2.5-.4 2.100-1.7-.2-.7-.8-1.200-1.5-1.600Z"/>`,
  brush: svg`<path d="M19.500 4.500c-3 1.500-7.500 6-9 8.500l1.500 1.500c2.500-1.500 7-6 8.500-9Z"/><path d="M10 13.500c-2.200-.3-3.800 1-4 3-.1 1.600-.8 2.500-2 3 3.500 1.200 8 .5 8-3.700"/>`,
  eraser: svg`<path d="m4.500 14.500 8.500-9a2 2 0 0 1 2.900 0l3.600 3.600a2 2 0 0 1 0 2.800l-7.600 7.600H8.500l-4-4a.7.700 0 0 1 0-1Z"/><path d="m9 10 6.500 6.500M12 19.500h8"/>`,
  copy: svg`<rect x="8.500" y="8.500" width="11" height="11" rx="2"/><path d="M15.500 8.500V6a1.500 1.500 0 0 0-1.500-1.500H6A1.500 1.500 0 0 0 4.500 6v8A1.500 1.500 0 0 0 6 15.500h2.500"/>`,
  keep: svg`<circle cx="9" cy="10" r="5"/><path d="m14 18 2 2 4-4.500"/>`,
  pan: svg`<path d="M12 3v18M3 12h18M12 3 9.5 5.5M12 3l2.5 2.5M12 21l-2.5-2.5M12 21l2.5-2.5M3 12l2.5-2.5M3 12l2.5 2.5M21 12l-2.5-2.5M21 12l-2.5 2.5"/>`,
  length: svg`<path d="M3.500 15.500 15.500 3.500l5 5-12 12Z"/><path d="m7.500 11.500 2 2M10.500 8.500l3 3M13.500 5.500l2 2"/>`,
  angle: svg`<path d="M18.500 4.500 4.500 19h16"/><path d="M12.500 10.800A10 10 0 0 1 15.500 19" stroke-dasharray="2 2.200"/>`,
  probe: svg`<circle cx="12" cy="12" r="5"/><path d="M12 2.500v5M12 16.500v5M2.500 12h5M16.500 12h5"/><circle cx="12" cy="12" r=".7" fill="currentColor"/>`,
  window: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5a8.5 8.5 0 0 1 0 17Z" fill="currentColor" stroke="none"/>`,
  undo: svg`<path d="M8 5 4 9l4 4"/><path d="M4 9h10a5.5 5.5 0 0 1 0 11h-3"/>`,
  redo: svg`<path d="m16 5 4 4-4 4"/><path d="M20 9H10a5.5 5.5 0 0 0 0 11h3"/>`,
  eye: svg`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="3"/>`,
  eyeOff: svg`<path d="M4 4l16 16M9.5 5.900A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-3.100 3.800M6 7.600A15.5 15.5 0 0 0 2.5 12S6 18.5 12 18.5c1.600 0 3-.4 4.300-1.100"/>`,
  trash: svg`<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.200 10.5v5.5M13.800 10.5v5.5"/>`,
  folder: svg`<path d="M3.5 18.5v-12A1.5 1.5 0 0 1 5 5h4l2 2.5h8A1.5 1.5 0 0 1 20.5 9v9.5A1.5 1.5 0 0 1 19 20H5a1.5 1.5 0 0 1-1.5-1.5Z"/>`,
  open: svg`<path d="M12 15.5V4M7.5 8.3 12 3.8l4.5 4.5M4.5 15v3.5A1.5 1.5 0 0 0 6 20h12a1.5 1.5 0 0 0 1.5-1.5V15"/>`,
  download: svg`<path d="M12 4v11M7.5 10.800 12 15.300l4.5-4.5M4.5 19.5h15"/>`,
  help: svg`<circle cx="12" cy="12" r="8.5"/><path d="M9.700 9.5a2.4 2.4 0 1 1 3.4 2.200c-.8.4-1.100.9-1.100 1.800M12 16.600v.1"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  minus: svg`<path d="M5 12h14"/>`,
  check: svg`<path d="m4.5 12.5 5 5 10-11"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  fit: svg`<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/>`,
  find: svg`<circle cx="10.500" cy="10.500" r="6.500"/><path d="m15.500 15.500 5 5M10.500 7.800v5.400M7.800 9.200l5.400 2.600M13.200 9.200l-5.400 2.600"/>`,
  zoomIn: svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5M10.5 7.800v5.4M7.800 10.5h5.4"/>`,
  zoomOut: svg`<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5M7.800 10.5h5.4"/>`,
  panel: svg`<rect x="3.5" y="4.5" width="17" height="15" rx="2"/><path d="M14.5 4.5v15"/>`,
  invert: svg`<rect x="4" y="4" width="16" height="16" rx="2"/><path d="M4 20 20 4v14a2 2 0 0 1-2 2Z" fill="currentColor" stroke="none"/>`,
  text: svg`<path d="M5 7V5h14v2M12 5v14M9 19h6"/>`,
  chevron: svg`<path d="m6 9.5 6 6 6-6"/>`,
  lock: svg`<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>`,
  unlock: svg`<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 7.700-1.500"/>`,
  up: svg`<path d="m6 14.5 6-6 6 6"/>`,
  cursor: svg`<path d="M12 2.5v7M12 14.5v7M2.5 12h7M14.5 12h7"/><rect x="9.5" y="9.5" width="5" height="5"/>`,
  studies: svg`<rect x="3.500" y="4" width="7" height="7" rx="1.500"/><rect x="3.500" y="13.500" width="7" height="7" rx="1.500"/><path d="M14 6h6.500M14 9h4M14 15.500h6.500M14 18.500h4"/>`,
  back: svg`<path d="m14.500 6-6 6 6 6"/>`,
  forward: svg`<path d="m9.500 6 6 6-6 6"/>`,
  work: svg`<path d="M4 6.5h16M4 12h16M4 17.5h10"/><path d="M17 17.5h3"/>`,
  warning: svg`<path d="M12 4 2.800 19.5h18.4Z"/><path d="M12 10v4.500M12 16.900v.1"/>`,
  quad: svg`<rect x="4" y="4" width="7" height="7" rx="1"/><rect x="13" y="4" width="7" height="7" rx="1"/><rect x="4" y="13" width="7" height="7" rx="1"/><rect x="13" y="13" width="7" height="7" rx="1"/>`,
  interpolate: svg`<path d="M4 5h16M4 19h16"/><path d="M6 9.700h12M6 14.300h12" stroke-dasharray="2 2.500"/>`,
  play: svg`<path d="M7 4.500v15l12-7.500Z" fill="currentColor"/>`,
  pause: svg`<path d="M7.500 5v14M16.500 5v14" stroke-width="3"/>`,
  propagate: svg`<path d="M4 16.500 12 20l8-3.500M4 7.500 12 4l8 3.500-8 3.500Z"/><path d="M12 11v6M9.500 14.800 12 17.300l2.500-2.500"/>`,
  offline: svg`<path d="M3 3l18 18M8.500 15.500a5 5 0 0 1 6-.6M5 12a10 10 0 0 1 4-2.400M12 5a14 14 0 0 1 9.500 3.800M2.500 8.800A14 14 0 0 1 6.500 6.300M14.500 9.600A10 10 0 0 1 19 12M12 19.200v.1"/>`,
  shield: svg`<path d="M12 3.5 5 6v5.5c0 4.300 2.900 7.5 7 9 4.100-1.5 7-4.700 7-9V6Z"/>`,
} as const satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof SHAPES;

/** An icon at 18 CSS pixels, or the size given. */
export function icon(name: IconName, size = 18): TemplateResult {
  return html`<svg width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${SHAPES[name]}</svg>`;
}

/** The product's mark. */
export const mark = html`<svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
  <path d="M16 4.5c6.700 0 11.5 4.800 11.5 11 0 6.700-5.200 11.900-11.800 11.900C9 27.4 4.600 22.600 4.600 16.4 4.600 9.600 9.4 4.5 16 4.5Z"
    fill="var(--accent)" fill-opacity=".2" stroke="var(--accent)" stroke-width="2"/>
  <path d="M16 10.800v10.4M10.800 16h10.4" stroke="var(--text)" stroke-width="2.4" stroke-linecap="round"/></svg>`;
