/** Measures as one JSON file: the same tables as in CSV, a list of objects each. */

import { measureTables, type Table } from "./tables/tables.ts";
import { textFile, type Write } from "./writer.ts";

export const writeMeasuresJson: Write = (segmentation, { stem }) => ({
  covered: [],
  files: () => {
    const { imageId } = segmentation.header;
    const lists = measureTables(segmentation).map((table) => [table.name, objects(table)]);
    const text = JSON.stringify({ imageId, ...Object.fromEntries(lists) }, null, 1);
    return [textFile(`${stem}.measures.json`, "application/json", `${text}\n`)];
  },
});

/** What a row has nothing for is left out. */
const objects = ({ columns, rows }: Table) =>
  rows.map((row) => Object.fromEntries(columns.map((column, n) => [column, row[n]])));
