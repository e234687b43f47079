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

## Find all

**Shift + F** on a slice, \`find: "all"\` in \`POST /v1/images/:id/segmentations\` and \`promptomy segment IMAGE --find all [--slice 10:20]\` ask every name of this kind of image that
works or partly works, one decode each (**F** alone fills holes). A structure is proposed from its measured presence on, and never below a half; names that are weak or were never
measured are not proposed by themselves, and of two names for the same pixels the better measured one stays. In the page the proposals are segments that are accepted or rejected, one by
one or all; undo takes all of them back. Where no slice without a structure was measured (a dash above) nothing is known of its false alarms: look at the proposals.

## What is it called?

**I** in the page, \`classify: true\` in \`POST /v1/masks\` and in \`segmenter.segment\` compare a mask with what each measured name (a Dice of .2 or more) gives on the same slice.
The confidence is their intersection over union. Naming, segmenting, a closer look and the name of the result are one call:

\`\`\`sh
curl $SERVER/v1/masks -H 'content-type: application/json' -d '{"imageId":"sha256:…","slice":10,"prompts":[{"kind":"text","text":"spleen"}],"zoom":"auto","classify":true}'
\`\`\`

${toldTable(measures)}
On sources that nobody trained on (\`val-unseen\`) most masks get no name, and the names that are given are mostly wrong: take them as spelling help, not as a finding. The names that
may be given were chosen by their Dice on partly the same pictures, which flatters the rows of \`val\`.

## The kind of image

Names are chosen by the modality of the file, or by what the page's list or \`context.modality\` says; \`context.bodyPart\`, a region of the table above, leaves out names of elsewhere when
all are asked. What \`context.modality\` says also goes into the decoder. There it hardly matters, so nothing is put in by itself. Mean Dice of names with it and without:

${contextTable(measures)}
## Taught and not measured

No labelled image could check these: ${rest.join(", ")}.

## Not taught

People type these; the model never saw them. They are recognised and refused, with what may serve instead: ${untaught.join(", ")}.
`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function toldTable({ told = [] }: NameMeasures): string {
  const rows = told.map(({ of, masks, named, first, three }) => {
    const cells = [of, masks, percent(named / Math.max(1, masks)), share(first, masks), share(three, masks)];
    return `| ${cells.join(" | ")} |`;
  });
  return `| masks of | how many | got a name | right name first | among three |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

function contextTable({ contexts = [] }: NameMeasures): string {
  const rows = contexts.map(
    ({ of, masks, said, unsaid }) => `| ${of} | ${masks} | ${said.toFixed(3)} | ${unsaid.toFixed(3)} |`,
  );
  return `| pictures | structures | said | not said |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

const share = (count: number, of: number): string => (of === 0 ? "–" : percent(count / of));
