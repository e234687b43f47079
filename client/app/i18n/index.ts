/** Every word the viewer shows, and how it writes numbers. A language is one value of `Catalogue`. */
import { en } from "./en.ts";

export { area, decimal, millilitres, millimetres, number, share } from "./format.ts";

/** The words of one language. */
export type Catalogue = typeof en;

/** The words in use. */
export const t: Catalogue = en;
