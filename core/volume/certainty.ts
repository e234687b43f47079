/**
 * Where a structure has ended though the model still answers: it goes on along a vessel or a neighbour, less sure of it
 * than it was of the structure. What the certainty lacks is summed over neighbouring slices (a cumulative sum, Page 1954), so
 * that one bad slice ends nothing, and a row of them is given up from its first slice on.
 */

/** The certainty to compare with is the median of this many slices at the start of a direction. */
const FIRST = 9;

/** Certainty (predicted IoU, 0 to 1) may be this much below the first slices' without counting. */
const ALLOWED = 0.13;

/** The structure has ended when what is lacking beyond that adds up to more than this. */
const ENOUGH = 0.4;

/** `unsure`: to be decided by the slices that follow. `ended`: this slice and the unsure ones before it are something else. */
export type Verdict = "sure" | "unsure" | "ended";

/** Takes the certainty of one slice after the other, away from a settled one. */
export function watchCertainty(): (certainty: number) => Verdict {
  const first: number[] = [];
  let lacking = 0;
  return (certainty) => {
    if (first.length < FIRST) first.push(certainty);
    const usual = first.toSorted((a, b) => a - b)[Math.floor(first.length / 2)];
    lacking = Math.max(0, lacking + usual - certainty - ALLOWED);
    return lacking > ENOUGH ? "ended" : lacking > 0 ? "unsure" : "sure";
  };
}
