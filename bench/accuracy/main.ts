import { writeFile } from "node:fs/promises";
import { type CommandLine, commandLine, USAGE } from "./options.ts";
import { reportOf, tables } from "./report.ts";
import { runAccuracy } from "./run.ts";

/** `bench accuracy`: judges and prints. Answers the exit code: 0, or 2 for a wrong command line. */
export async function accuracy(args: readonly string[]): Promise<number> {
  let line: CommandLine;
  try {
    line = commandLine(args);
  } catch (thrown) {
    process.stderr.write(`bench accuracy: ${thrown instanceof Error ? thrown.message : thrown}\n`);
    return 2;
  }
  if (line.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const rows = await runAccuracy(line.options);
  if (line.rows !== undefined) {
    await writeFile(line.rows, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  const report = reportOf(rows);
  process.stdout.write(`${line.json ? JSON.stringify(report, undefined, 1) : tables(report)}\n`);
  return 0;
}
