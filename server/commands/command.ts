import { type ArgsDef, type CommandDef, defineCommand } from "citty";
import { createServices, type Services } from "../services.ts";
import { readSettings, type Settings } from "../settings.ts";
import { COMMON, type Given, readArgs, settingsOf } from "./args.ts";

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Output {
  readonly given: Given;
  /** The result: JSON with `--json`, else text. */
  result(value: unknown, text: string): void;
  /** For people who watch; nothing with `--quiet`. */
  note(text: string): void;
}

export interface CommandOptions {
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  run(output: Output): Promise<void>;
}

/** A command with the common options, whose arguments are checked strictly. */
export function command({ name, description, args, run }: CommandOptions): CommandDef {
  const definition: ArgsDef = { ...args, ...COMMON };
  return defineCommand({
    meta: { name, description },
    args: Object.fromEntries(
      Object.entries(definition).map(([key, arg]) => [key, { ...arg, required: false }]),
    ) as ArgsDef, // we check them ourselves, below
    async run({ rawArgs }) {
      const given = readArgs(rawArgs, definition);
      await run({
        given,
        result: (value, text) => process.stdout.write(given.flag("json") ? `${JSON.stringify(value)}\n` : `${text}\n`),
        note: (text) => {
          if (!given.flag("quiet")) process.stderr.write(`${text}\n`);
        },
      });
    },
  });
}

/** Runs with everything open, and closes it whatever happens. */
export async function withServices<T>(given: Given, work: (services: Services) => Promise<T>): Promise<T> {
  const services = await createServices(commandSettings(given));
  return work(services).finally(() => services.close());
}

/** Settings of a command: `--model-dir` comes before the folders of the environment. */
export function commandSettings(given: Given): Settings {
  const settings = readSettings(settingsOf(given));
  return { ...settings, modelDirs: [...given.all("model-dir"), ...settings.modelDirs] };
}
