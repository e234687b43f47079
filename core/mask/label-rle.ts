/** Run lengths of every number of a labelled slice, in one walk. */
import type { Rle } from "../wire/common.ts";

/** COCO run lengths (down the columns, zeros first) of each number but 0 that stands in `labels`, row-major. */
export function encodeLabelRles(labels: ArrayLike<number>, width: number, height: number): Map<number, Rle> {
  const found = new Map<number, { counts: number[]; end: number }>();
  let [label, start, at] = [0, 0, 0];
  const close = () => {
    if (label === 0) return;
    const runs = found.get(label) ?? { counts: [], end: 0 };
    runs.counts.push(start - runs.end, at - start);
    runs.end = at;
    found.set(label, runs);
  };
  for (let x = 0; x < width; x++) {
    for (let y = 0, n = x; y < height; y++, n += width, at++) {
      const here = labels[n] ?? 0;
      if (here === label) continue;
      close();
      [label, start] = [here, at];
    }
  }
  close();
  const rleOf = ({ counts, end }: { counts: number[]; end: number }): Rle => ({
    size: [height, width],
    counts: end < at ? [...counts, at - end] : counts,
  });
  return new Map([...found].map(([number, runs]) => [number, rleOf(runs)]));
}
