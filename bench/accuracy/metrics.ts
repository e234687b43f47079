/** Scores by source, as in `models/training/judge/metrics.py`. */

/** Numbers of one judged object; a score that does not apply is left out. */
export interface Row {
  readonly source: string;
  readonly scores: Readonly<Record<string, number>>;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const finite = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value);

/** The finite values of a score. */
export function valuesOf(rows: readonly Row[], key: string): number[] {
  return rows.map(({ scores }) => scores[key]).filter(finite);
}

/** Mean within each source, then over the sources that have the score; undefined when none has. */
export function meanBySource(rows: readonly Row[], key: string): number | undefined {
  const sources = [...new Set(rows.map(({ source }) => source))];
  const bySource = sources.map((source) =>
    valuesOf(
      rows.filter((row) => row.source === source),
      key,
    ),
  );
  const means = bySource.filter((values) => values.length > 0).map(mean);
  return means.length > 0 ? mean(means) : undefined;
}

/** ROC area by ranks, ties count half; undefined when one side is empty. */
export function areaUnderCurve(positive: readonly number[], negative: readonly number[]): number | undefined {
  if (positive.length === 0 || negative.length === 0) return undefined;
  let won = 0;
  for (const p of positive) for (const n of negative) won += p > n ? 1 : p === n ? 0.5 : 0;
  return won / (positive.length * negative.length);
}

/** Pearson's r of paired values; undefined when either side is constant. */
export function correlation(a: readonly number[], b: readonly number[]): number | undefined {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    both += (a[n] - meanA) * (b[n] - meanB);
    squareA += (a[n] - meanA) ** 2;
    squareB += (b[n] - meanB) ** 2;
  }
  return squareA > 0 && squareB > 0 ? both / Math.sqrt(squareA * squareB) : undefined;
}
