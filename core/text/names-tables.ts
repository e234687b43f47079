/** What was measured of names, and its tables in `docs/names.md`. */
import type { NameMeasures, StructureKind } from "../wire/text.ts";

/** What `npm run bench -- phrases` counts: phrases whose structure is among the first three suggestions. */
export interface PhraseMeasures {
  /** Of the text encoder. */
  readonly encoder: string;
  readonly kinds: readonly {
    readonly of: string;
    readonly phrases: number;
    readonly letters: number;
    readonly meaning: number;
    /** Letters and meaning, with the task said that the structure belongs to. */
    readonly task: number;
  }[];
}

/** A table of `npm run bench -- organs`: rows of cells, as they stand in the page. */
export interface OrganMeasures {
  readonly study: string;
  readonly head: string;
  readonly rows: readonly string[];
}

interface Proposals {
  /** Names that were asked, over all slices. */
  readonly asked: number;
  readonly proposed: number;
  /** A Dice of at least .5 with the label of the same name. */
  readonly right: number;
  /** The study has no label of this name. */
  readonly unlabelled: number;
}

/** What it changes to say the part of the body when all names are asked. */
export interface RegionMeasures {
  readonly study: string;
  readonly region: string;
  readonly slices: number;
  readonly said: Proposals;
  readonly unsaid: Proposals;
}

/** What it changes to say what is looked for when all names are asked. */
export interface TaskMeasures {
  readonly study: string;
  readonly task: StructureKind;
  readonly slices: number;
  readonly said: Proposals;
  /** Nothing was said, and of what was proposed this kind of structure alone is counted. */
  readonly unsaid: Proposals;
}

/** Whether presence tells the slices of a structure, over the labelled names of a study. */
export interface PlaceMeasures {
  readonly study: string;
  readonly names: readonly string[];
  /** Slices that show the structure, and how many of them were said to. */
  readonly shown: number;
  readonly found: number;
  /** The same of slices that do not show it. */
  readonly absent: number;
  readonly wrong: number;
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

export function toldTable({ told = [] }: NameMeasures): string {
  const rows = told.map(({ of, masks, named, first, three }) => {
    const cells = [of, masks, percent(named / Math.max(1, masks)), share(first, masks), share(three, masks)];
    return `| ${cells.join(" | ")} |`;
  });
  return `| masks of | how many | got a name | right name first | among three |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

export function cascadeTable({ cascade = [] }: NameMeasures): string {
  const rows = cascade.map(({ of, lesions, found, near, whole, cascade, named }) => {
    const counts = [of, lesions, share(found, lesions), whole.toFixed(2), cascade.toFixed(2), share(near, lesions)];
    return `| ${[...counts, share(named, lesions)].join(" | ")} |`;
  });
  return `| lesions | how many | found | Dice, whole slice alone | Dice of the call | looked at from near | right name first |\n|---|---|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

export function contextTable({ contexts = [] }: NameMeasures): string {
  const rows = contexts.map(
    ({ of, masks, said, unsaid }) => `| ${of} | ${masks} | ${said.toFixed(3)} | ${unsaid.toFixed(3)} |`,
  );
  return `| pictures | structures | said | not said |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

export function placeTable(places: readonly PlaceMeasures[]): string {
  const rows = places.map(
    ({ study, names, shown, found, absent, wrong }) =>
      `| ${study} | ${names.join(", ")} | ${found} of ${shown} | ${wrong} of ${absent} |`,
  );
  return `| study | names | slices with it that were found | slices without it that were marked |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

const proposalCells = ({ asked, proposed, right, unlabelled }: Proposals) => [
  asked,
  proposed,
  right,
  proposed - right - unlabelled,
  unlabelled,
];

export function regionTable(regions: readonly RegionMeasures[]): string {
  const rows = regions.flatMap(({ study, region, said, unsaid }) => [
    `| ${[study, region, ...proposalCells(said)].join(" | ")} |`,
    `| ${[study, "not said", ...proposalCells(unsaid)].join(" | ")} |`,
  ]);
  return `| study | region | names asked | proposals | right | wrong | not labelled |\n|---|---|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

/** A row for each task whose names were proposed; "not said" counts the same kind of structure when all are asked. */
export function taskTable(tasks: readonly TaskMeasures[]): string {
  const rows = tasks
    .filter(({ said, unsaid }) => said.proposed + unsaid.proposed > 0)
    .map(({ study, task, said, unsaid }) => {
      const [, ...before] = proposalCells(unsaid);
      return `| ${[study, task, ...proposalCells(said), before.join(" / ")].join(" | ")} |`;
    });
  return `| study | task | names asked | proposals | right | wrong | not labelled | not said: the same four |\n|---|---|---|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

export const sum = ({ kinds }: PhraseMeasures, of: "phrases" | "letters" | "meaning" | "task"): number =>
  kinds.reduce((total, kind) => total + kind[of], 0);

export function phraseTable(phrases: PhraseMeasures): string {
  const all = {
    of: "all",
    phrases: sum(phrases, "phrases"),
    letters: sum(phrases, "letters"),
    meaning: sum(phrases, "meaning"),
    task: sum(phrases, "task"),
  };
  const rows = [...phrases.kinds, all].map(
    ({ of, phrases, letters, meaning, task }) =>
      `| ${of} | ${phrases} | ${share(letters, phrases)} | ${share(meaning, phrases)} | ${share(task, phrases)} |`,
  );
  return `| phrases | how many | letters | letters and meaning | with the task said |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

export const share = (count: number, of: number): string => (of === 0 ? "–" : percent(count / of));
