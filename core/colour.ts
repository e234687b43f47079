/** Colours as `#rrggbb`. */
export const HEX_COLOUR = /^#[0-9a-f]{6}$/i;

/** Red, green and blue from 0 to 255. */
export const hexColour = (rgb: readonly number[]): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
