import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { AccuracyOptions } from "./run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What `--help` says. */
export const USAGE = `promptomy bench accuracy [options]

Dice of models and baselines under simulated clicks, boxes, strokes and names (models/training/judge/evaluate.py is the same
in Python). Means are over the objects of a source, then over sources.

  --data DIR            folder with index.jsonl (default: train/ of PROMPTOMY_DATA, else of ../shared/data)
  --split NAMES         comma-separated (default: val,val-unseen)
  --source NAMES        comma-separated, only these
  --limit-per-source N  pictures of each source
  --per-structure N     objects of one structure in one picture (default: 3)
  --model DIR           model folder with a manifest.json; may be repeated (default: models/default)
  --noc                 count clicks to Dice .85 and .90, at most 20 (slow)
  --no-baselines        leave region growing and random walker out
  --no-wires            leave int8 and int4 embeddings out
  --zoom                answer small objects from a crop, as the product does
  --auto                do not tell the model the modality
  --seed TEXT           of pictures, objects and absent names (default: 0)
  --threads N           of ONNX Runtime (default: its own choice)
  --rows FILE           write the scores of every object, one JSON a line
  --json                JSON instead of tables
  --quiet               no progress`;

const OPTIONS = {
  data: { type: "string" },
  split: { type: "string", default: "val,val-unseen" },
  source: { type: "string" },
  "limit-per-source": { type: "string", default: "Infinity" },
  "per-structure": { type: "string", default: "3" },
  model: { type: "string", multiple: true },
  noc: { type: "boolean", default: false },
  "no-baselines": { type: "boolean", default: false },
  "no-wires": { type: "boolean", default: false },
  zoom: { type: "boolean", default: false },
  auto: { type: "boolean", default: false },
  seed: { type: "string", default: "0" },
  threads: { type: "string", default: "0" },
  rows: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export interface CommandLine {
  readonly options: AccuracyOptions;
  readonly json: boolean;
  readonly help: boolean;
  readonly rows: string | undefined;
}

function numberOf(name: string, text: string, least: number): number {
  const value = Number(text);
  const whole = Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
  if (!whole || value < least)
    throw new TypeError(`--${name} expects a whole number of at least ${least}, got "${text}".`);
  return value;
}

const listOf = (text: string) => text.split(",").filter((name) => name !== "");

/** Reads the arguments after `accuracy`. Throws TypeError for what it does not know. */
export function commandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const data = values.data ?? resolve(root, process.env.PROMPTOMY_DATA ?? "../shared/data", "train");
  const options: AccuracyOptions = {
    data: resolve(data),
    splits: listOf(values.split),
    ...(values.source === undefined ? {} : { sources: listOf(values.source) }),
    models: values.model ?? [resolve(root, "models/default")],
    limitPerSource: numberOf("limit-per-source", values["limit-per-source"], 1),
    perStructure: numberOf("per-structure", values["per-structure"], 1),
    noc: values.noc,
    baselines: !values["no-baselines"],
    wires: !values["no-wires"],
    context: !values.auto,
    zoom: values.zoom,
    seed: values.seed,
    threads: numberOf("threads", values.threads, 0),
    note: (text) => {
      if (!values.quiet) process.stderr.write(`${text}\n`);
    },
  };
  return { options, json: values.json, help: values.help, rows: values.rows };
}
