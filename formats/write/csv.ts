/** Measures as CSV (RFC 4180), a file for each table. */

import { type Cell, measureTables, type Table } from "./tables/tables.ts";
import { textFile, type Write } from "./writer.ts";

/** `<stem>.segments.csv`, `<stem>.slices.csv`, and `<stem>.measurements.csv` where something was measured. */
export const writeCsv: Write = (segmentation, { stem }) => ({
  covered: [],
  files: () => measureTables(segmentation).map((table) => csv(stem, table)),
});

/** A byte order mark tells spreadsheets that it is UTF-8; a formula stays text. */
function csv(stem: string, { name, columns, rows }: Table) {
  const lines = [columns, ...rows].map((row) => row.map(cell).join(","));
  return textFile(`${stem}.${name}.csv`, "text/csv", `\ufeff${lines.join("\r\n")}\r\n`);
}

function cell(value: Cell): string {
  if (typeof value !== "string") return value === undefined ? "" : String(value);
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
