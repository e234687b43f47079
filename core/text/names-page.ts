/** `docs/names.md`, from the vocabulary and what was measured. */
import type { ListedTerm, NameMeasures } from "../wire/text.ts";
import { qualityOf } from "./measures.ts";
import { otherNames } from "./vocabulary.ts";

/** Best first; a side is asked as its whole, so that sides have no rows. */
export function namesPage(terms: readonly ListedTerm[], measures: NameMeasures): string {
  const wholes = terms.filter(({ side }) => side === undefined);
  const measured = wholes
    .flatMap((term) => (term.measured ? [{ term, measured: term.measured }] : []))
    .toSorted((a, b) => b.measured.dice - a.measured.dice || (a.term.id < b.term.id ? -1 : 1));
  const rows = measured.map(({ term, measured: { cases, dice, found, absentCases, falseAlarms } }) => {
    const alarms = falseAlarms === null ? "–" : `${percent(falseAlarms)} of ${absentCases}`;
    const code = term.code ? `${term.code.value}` : "–";
    const cells = [
      term.name,
      term.region ?? "",
      term.modalities.join(" "),
      cases,
      dice.toFixed(2),
      percent(found),
      alarms,
      code,
    ];
    return `| ${[...cells, qualityOf(term)].join(" | ")} |`;
  });
  const rest = wholes.filter((term) => term.measured === undefined && term.taught !== false).map(({ name }) => name);
  const untaught = wholes.filter(({ taught }) => taught === false).map(({ name }) => name);
  const sayings = terms.reduce((sum, term) => {
    const { english, foreign } = otherNames(term);
    return sum + 1 + english.length + foreign.length;
  }, 0);
  return `# Names

This page is written by \`npx vitest run --project unit test/core/text/names-page.test.ts --update\`. The vocabulary has ${terms.length} names, said in ${sayings} ways: English,
Latin, German, French, Spanish, Italian, Portuguese, Chinese and Japanese. A name in the page may be a list: \`liver, spleen; both kidneys\`.

## What was measured

\`${measures.made}\` with the model \`${measures.model}\` ${measures.version}: the name alone, whole slices, no zoom; ${measures.answers} answers on ${measures.images} slices of patients and sources that were held
back from training (\`val\`, \`val-unseen\`) and of volumes nobody trained on. Dice is the mean over slices that show the structure, all kinds of image together, and with few slices it
is a hint, no more. "Found" has a presence of at least a half; "false alarms" are slices without the structure on which presence was as high. A name
works from a Dice of .7, is weak below .4, and counts as unmeasured below three slices.

| name | region | seen in | slices | Dice | found | false alarms | SNOMED CT | |
|---|---|---|---|---|---|---|---|---|
${rows.join("\n")}

## Taught and not measured

No labelled image could check these: ${rest.join(", ")}.

## Not taught

People type these; the model never saw them. They are recognised and refused, with what may serve instead: ${untaught.join(", ")}.
`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
