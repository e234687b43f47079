/** Judged rows → the table: means over sources, by context and overall, one line per method. */

import { areaUnderCurve, correlation, meanBySource, valuesOf } from "./metrics.ts";
import type { Judged } from "./run.ts";

/** Numbers of one method on one group of pictures; what was not measured is left out. */
export type Summary = Readonly<Record<string, number>>;

/** By split, by context ("all" first, lesions of all contexts last), by method. */
export type Report = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Summary>>>>>>;

const MEANS = ["dice1", "best", "dice3", "dice5", "box", "scribble", "noc85", "noc90", "falls", "moved"];
const TEXT_MEANS = ["text", "textServed", "falseArea", "falseAreaServed"];

/** A first mask that is held for worse than this is doubtful, and rightly so where its real IoU is below the other. */
const DOUBTFUL = { predicted: 0.2, right: 0.5 };

/** Share of the doubtful first masks that are bad ones; undefined where none is doubtful. */
function doubtfulRight(rows: readonly Judged[]): number | undefined {
  const doubtful = rows.filter(({ scores }) => scores.predicted < DOUBTFUL.predicted);
  if (doubtful.length === 0) return undefined;
  return doubtful.filter(({ scores }) => scores.real < DOUBTFUL.right).length / doubtful.length;
}

function summary(rows: readonly Judged[]): Summary {
  const objects = rows.filter(({ scores }) => "dice1" in scores);
  const means = [...MEANS, ...TEXT_MEANS].map((key) => [key, meanBySource(rows, key)] as const);
  const all = [
    ["sources", new Set(objects.map(({ source }) => source)).size] as const,
    ["instances", objects.length] as const,
    ...means,
    ["iouCorrelation", correlation(valuesOf(rows, "predicted"), valuesOf(rows, "real"))] as const,
    ["doubtfulRight", doubtfulRight(objects)] as const,
    ["presenceAuc", areaUnderCurve(valuesOf(rows, "present"), valuesOf(rows, "absent"))] as const,
  ];
  return Object.fromEntries(all.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

function byMethod(rows: readonly Judged[]): Record<string, Summary> {
  return Object.fromEntries(
    unique(rows.map(({ method }) => method)).map((method) => [
      method,
      summary(rows.filter((row) => row.method === method)),
    ]),
  );
}

/** Means of everything that was judged. */
export function reportOf(rows: readonly Judged[]): Report {
  return Object.fromEntries(
    unique(rows.map(({ split }) => split)).map((split) => {
      const mine = rows.filter((row) => row.split === split);
      const contexts = unique(mine.map(({ context }) => context)).sort();
      const groups = contexts.map((context) => [context, byMethod(mine.filter((row) => row.context === context))]);
      const lesions = mine.filter(({ isLesion }) => isLesion);
      if (lesions.length > 0) groups.push(["lesions", byMethod(lesions)]);
      return [split, { all: byMethod(mine), ...Object.fromEntries(groups) }];
    }),
  );
}

const dice = (value: number) => value.toFixed(3);
const count = (value: number) => value.toFixed(0);
const clicks = (value: number) => value.toFixed(1);
const percent = (value: number) => `${(100 * value).toFixed(2)} %`;

const COLUMNS: readonly (readonly [title: string, key: string, show: (value: number) => string])[] = [
  ["sources", "sources", count],
  ["objects", "instances", count],
  ["Dice 1 click", "dice1", dice],
  ["best of 3", "best", dice],
  ["3 clicks", "dice3", dice],
  ["5 clicks", "dice5", dice],
  ["box", "box", dice],
  ["scribble", "scribble", dice],
  ["NoC@85", "noc85", clicks],
  ["NoC@90", "noc90", clicks],
  ["objects that fall", "falls", percent],
  ["moved by a click inside", "moved", percent],
  ["IoU correlation", "iouCorrelation", dice],
  ["doubtful, rightly", "doubtfulRight", percent],
  ["text", "text", dice],
  ["text, served", "textServed", dice],
  ["presence AUC", "presenceAuc", dice],
  ["false area", "falseArea", percent],
  ["false area, served", "falseAreaServed", percent],
];

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** Markdown, one table per split; columns that nobody has are left out. */
export function tables(report: Report): string {
  const parts = Object.entries(report).map(([split, groups]) => {
    const rows = Object.entries(groups).flatMap(([context, methods]) =>
      Object.entries(methods).map(([method, scores]) => ({ context, method, scores })),
    );
    const columns = COLUMNS.filter(([, key]) => rows.some(({ scores }) => key in scores));
    const cells = rows.map(({ context, method, scores }) => [
      context,
      method,
      ...columns.map(([, key, show]) => (key in scores ? show(scores[key]) : "")),
    ]);
    const head = ["modality", "method", ...columns.map(([title]) => title)];
    return [`## ${split}`, "", line(head), line(head.map(() => "---")), ...cells.map(line)].join("\n");
  });
  return parts.join("\n\n");
}
