import { stripVTControlCharacters } from "node:util";
import { type CommandDef, defineCommand, renderUsage, runCommand } from "citty";
import { type ErrorDetail, isSegmenterError, toError } from "../../core/errors.ts";
import { SENTENCE } from "../http/problem.ts";
import { readVersion } from "../ops/version.ts";
import { AbsentError, UsageError } from "./args.ts";
import { bench } from "./bench.ts";
import { doctor } from "./doctor.ts";
import { encode } from "./encode.ts";
import { MODEL_COMMANDS, models, names } from "./models.ts";
import { segment } from "./segment.ts";
import { serve } from "./serve.ts";
import { work } from "./work.ts";

/** Exit codes of every command; `absent`: the structure that was named is not there. */
export const EXIT = { ok: 0, failure: 1, usage: 2, absent: 3, interrupted: 130 } as const;

const subCommands: Record<string, CommandDef> = { serve, work, segment, names, encode, models, doctor, bench };
const main = defineCommand({
  meta: { name: "promptomy", description: "Promptable segmentation for medical images; research use" },
  subCommands,
});

/** Runs one command line; resolves to its exit code and never rejects. */
export async function runCli(rawArgs: string[]): Promise<number> {
  try {
    if (rawArgs[0] === "--version" || rawArgs[0] === "-V") {
      process.stdout.write(`${await readVersion()}\n`);
      return EXIT.ok;
    }
    const isUnfinished = rawArgs.length === 0 || (rawArgs.length === 1 && rawArgs[0] === "models");
    if (isUnfinished || rawArgs.some((arg) => arg === "--help" || arg === "-h")) {
      const usage = await usageOf(rawArgs);
      process.stdout.write(`${process.stdout.isTTY ? usage : stripVTControlCharacters(usage)}\n`);
      return isUnfinished ? EXIT.usage : EXIT.ok;
    }
    await runCommand(main, { rawArgs });
    return EXIT.ok;
  } catch (thrown) {
    const error = toError(thrown);
    process.stderr.write(`promptomy: ${explain(error)}\n`);
    if (error instanceof AbsentError) return EXIT.absent;
    return isUsage(error) ? EXIT.usage : EXIT.failure;
  }
}

/** Usage of the innermost command that was named. */
async function usageOf(rawArgs: readonly string[]): Promise<string> {
  const named = subCommands[rawArgs[0] ?? ""];
  const inner = rawArgs[0] === "models" ? MODEL_COMMANDS[rawArgs[1] ?? ""] : undefined;
  if (inner) return renderUsage(inner, { meta: { name: "promptomy models" } });
  return named ? renderUsage(named, main) : renderUsage(main);
}

const isUsage = (error: Error): boolean =>
  error instanceof UsageError || error.name === "CLIError" || isSegmenterError(error, "InvalidRequest");

/** One line. The person at the terminal knows the files already, so paths may be named here. */
function explain(error: Error): string {
  if (isSegmenterError(error, "UnknownTerm")) return unknownTerm(error.detail);
  if (error.name === "CLIError")
    return `${stripVTControlCharacters(error.message).replace(/\.$/, "")}; see promptomy --help.`; // citty colours it
  if (!isSegmenterError(error)) return systemError(error) ?? error.message;
  if (isSegmenterError(error, "InvalidRequest")) return wrongUse(error.detail);
  const facts = Object.entries(error.detail).map(([name, value]) => `${name} ${value}`);
  return `${error.code}: ${SENTENCE[error.code]}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`;
}

/** Of an option by its name; of a variable of the environment, or a place in a file, by that. */
function wrongUse({ reason, path }: ErrorDetail["InvalidRequest"]): string {
  if (path === undefined) return `${reason}.`;
  const option = path.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const isOption = Object.values(subCommands).some(({ args = {} }) => option in args);
  return `${isOption ? `--${option}` : path}: ${reason}.`;
}

/** What the operating system says, in words; `undefined` for anything else. */
function systemError(
  error: Error & { code?: string; path?: string; port?: number; address?: string },
): string | undefined {
  switch (error.code) {
    case "ENOENT":
      return `There is no file or folder ${error.path ?? ""}.`;
    case "EACCES":
      return `${error.path ?? `Port ${error.port}`} may not be used by this user.`;
    case "EADDRINUSE":
      return `Port ${error.port} of ${error.address} is in use by another program; choose one with --port, 0 for any.`;
    default:
      return undefined;
  }
}

const MOST_SHOWN = 80;

/** What somebody typed, as one line that a terminal can take. */
const shown = (text: string): string => {
  const line = stripVTControlCharacters(text.slice(0, 2 * MOST_SHOWN)).replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, " ");
  return line.length > MOST_SHOWN || text.length > 2 * MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)} …` : line;
};

function unknownTerm({ text, suggestions }: ErrorDetail["UnknownTerm"]): string {
  const near = suggestions.length > 0 ? ` Did you mean ${suggestions.join(", ")}?` : "";
  return `The vocabulary does not know "${shown(text)}".${near}`;
}
