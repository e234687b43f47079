/** How numbers, areas and lengths are written. */

const language = "en";
const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });

/** A whole number, grouped as the language does. */
export function number(value: number): string {
  return plain.format(value);
}

/** A share of 1 as a percentage. */
export function share(value: number): string {
  return percent.format(Math.min(1, Math.max(0, value)));
}

/** An area with its unit: mm² (cm² from 10 cm²), or pixels when the file has no geometry (`spacingMm`, of a pixel). */
export function area(pixels: number, spacingMm: readonly [number, number] | null | undefined): string {
  if (!spacingMm) return `${plain.format(pixels)} px`;
  const mm2 = pixels * spacingMm[0] * spacingMm[1];
  return mm2 >= 1000 ? `${oneDigit.format(mm2 / 100)} cm²` : `${oneDigit.format(mm2)} mm²`;
}

/** A length along a scale bar. */
export function millimetres(mm: number): string {
  return mm >= 10 ? `${oneDigit.format(mm / 10)} cm` : `${oneDigit.format(mm)} mm`;
}

/** A volume: litres from one litre on. */
export function millilitres(ml: number): string {
  return ml >= 1000 ? `${oneDigit.format(ml / 1000)} l` : `${oneDigit.format(ml)} ml`;
}

/** One decimal, for values under the pointer and spacings. */
export function decimal(value: number): string {
  return oneDigit.format(value);
}
