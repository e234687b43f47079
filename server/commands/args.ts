import { parseArgs } from "node:util";
import type { ArgsDef } from "citty";
import { toError } from "../../core/errors.ts";
import { deviceOf, portOf, type Settings } from "../settings.ts";

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** All went well and the structure is not there: exit code 3, so that scripts can tell it from a mask. */
export class AbsentError extends Error {
  override readonly name = "AbsentError";
}

/** Options of every command. */
export const COMMON = {
  json: { type: "boolean", description: "Answer in JSON on standard output" },
  quiet: { type: "boolean", description: "Say only what was asked for" },
  device: { type: "string", description: "auto, cpu, cuda or webgpu", valueHint: "device" },
  model: { type: "string", description: "Model id", valueHint: "id" },
  "model-dir": { type: "string", description: "Folder of models, before the others", valueHint: "dir" },
  "text-encoder": {
    type: "string",
    description: "Folder of a text encoder, for phrases that are no name",
    valueHint: "dir",
  },
  "cache-dir": { type: "string", description: "Where images and embeddings are kept", valueHint: "dir" },
} as const satisfies ArgsDef;

/** Options of what runs beside others of its kind. */
export const SHARED = {
  redis: { type: "string", description: "Redis that replicas share", valueHint: "redis://host:port" },
  s3: { type: "string", description: "Bucket that replicas share", valueHint: "https://host/bucket/prefix" },
  queue: { type: "string", description: "Redis of the queue of workers", valueHint: "redis://host:port" },
  encoder: {
    type: "string",
    description: "Engine or other Promptomy that runs the encoder",
    valueHint: "oip://host:port/model or http://host:port",
  },
  "image-dir": { type: "string", description: "Folder of images that replicas share", valueHint: "dir" },
} as const satisfies ArgsDef;

/** Options of who may ask. */
export const AUTH = {
  "oidc-issuer": { type: "string", description: "Issuer of access tokens", valueHint: "https://…" },
  "oidc-audience": { type: "string", description: "Audience that tokens must name", valueHint: "name" },
  keys: { type: "string", description: "JSON file of API keys by digest", valueHint: "file" },
  insecure: { type: "boolean", description: "Serve anybody who can reach the address" },
} as const satisfies ArgsDef;

/** What was given: flags, the last value of each option, every value of options that repeat, and what has no name. */
export interface Given {
  flag(name: string): boolean;
  value(name: string): string | undefined;
  all(name: string): readonly string[];
  readonly positionals: readonly string[];
}

/** Reads arguments by their definition. Throws UsageError for anything that it does not name. */
export function readArgs(rawArgs: readonly string[], definition: ArgsDef): Given {
  const named = Object.entries(definition).filter(([, { type }]) => type !== "positional");
  const options = Object.fromEntries(
    named.map(([name, { type }]) => [name, { type: type === "boolean" ? type : "string", multiple: true }] as const),
  );
  const positionalLimit = Object.keys(definition).length - named.length;
  const { values, positionals } = strictly(joinValues(rawArgs, definition), options);
  if (positionals.length > positionalLimit) throw new UsageError(`Too many arguments: expected ${positionalLimit}.`);
  const all = (name: string) => (values[name] ?? []).filter((value) => typeof value === "string");
  return {
    flag: (name) => (values[name] ?? []).includes(true),
    value: (name) => all(name).at(-1),
    all,
    positionals,
  };
}

type Options = Record<string, { readonly type: "string" | "boolean"; readonly multiple: boolean }>;

function strictly(args: string[], options: Options) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as Record<string, (string | boolean)[]>, positionals }; // every option is `multiple`
  } catch (thrown) {
    throw new UsageError(wrongOption(toError(thrown), Object.keys(options)));
  }
}

/** What Node found wrong, in the words of a command line. */
function wrongOption(error: Error & { code?: string }, names: readonly string[]): string {
  const [, option = "", value] = /'(-[^'\s=]*)(?:, --[^'\s]*)?( <value>)?'/.exec(error.message) ?? [];
  const written = option.replace(/^-+/, "");
  const near = names.filter((name) => written.length > 2 && (name.startsWith(written) || written.startsWith(name)));
  const meant = near.length > 0 ? ` Did you mean ${near.map((name) => `--${name}`).join(", ")}?` : "";
  if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `There is no option ${option}.${meant} --help names all.`;
  return value ? `${option} needs a value.` : `${option} takes no value.`;
}

/** `--window -600,1500` and `-o FILE` → `--name=value`, so that a value may begin with a minus. */
function joinValues(rawArgs: readonly string[], definition: ArgsDef): string[] {
  const out: string[] = [];
  for (let n = 0; n < rawArgs.length; n++) {
    const arg = rawArgs[n] ?? "";
    if (arg === "--") return [...out, ...rawArgs.slice(n)];
    const name = optionName(arg, definition);
    const next = rawArgs[n + 1];
    if (name !== undefined && next !== undefined) {
      out.push(`--${name}=${next}`);
      n++;
    } else out.push(arg);
  }
  return out;
}

/** The full name of an option that takes a value, written without `=`. */
function optionName(arg: string, definition: ArgsDef): string | undefined {
  const found = Object.entries(definition).find(([name, option]) => {
    if (option.type !== "string") return false;
    const aliases = typeof option.alias === "string" ? [option.alias] : (option.alias ?? []);
    return arg === `--${name}` || aliases.some((short) => arg === `-${short}`);
  });
  return found?.[0];
}

/** Server settings among the arguments; the environment decides the rest. */
export function settingsOf(given: Given): Partial<Settings> {
  const [device, model, cacheDir] = [given.value("device"), given.value("model"), given.value("cache-dir")];
  const textEncoder = given.value("text-encoder");
  const [host, port] = [given.value("host"), given.value("port")];
  const [oidcIssuer, oidcAudience, keysFile] = ["oidc-issuer", "oidc-audience", "keys"].map(given.value);
  const [redis, s3, queue, imageDir, encoder] = ["redis", "s3", "queue", "image-dir", "encoder"].map(given.value);
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: portOf(port) }),
    ...(oidcIssuer === undefined ? {} : { oidcIssuer }),
    ...(oidcAudience === undefined ? {} : { oidcAudience }),
    ...(keysFile === undefined ? {} : { keysFile }),
    ...(given.flag("insecure") ? { insecure: true } : {}),
    ...(redis === undefined ? {} : { redis }),
    ...(queue === undefined ? {} : { queue }),
    ...(encoder === undefined ? {} : { encoder }),
    ...(s3 === undefined ? {} : { s3 }),
    ...(textEncoder === undefined ? {} : { textEncoder }),
    ...(imageDir === undefined ? {} : { imageDir }),
    ...(device === undefined ? {} : { device: deviceOf(device) }),
    ...(model === undefined ? {} : { model }),
    ...(cacheDir === undefined ? {} : { cacheDir }),
  };
}

/** Numbers with commas between. Throws UsageError unless there are exactly `count`. */
export function numbersOf(text: string, count: number, option: string): number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length !== count || !numbers.every(Number.isFinite)) {
    throw new UsageError(`--${option} expects ${count} numbers with commas between, got "${text}".`);
  }
  return numbers;
}
