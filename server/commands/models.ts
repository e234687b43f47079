import { type CommandDef, defineCommand } from "citty";
import { planeOf } from "../../core/image/planes.ts";
import { matchingNames } from "../../core/text/completion.ts";
import { qualityOf } from "../../core/text/measures.ts";
import type { ListedTerm, PhrasePlace } from "../../core/wire/index.ts";
import { filesOf, loadModels, type Model } from "../models/registry.ts";
import { loadVocabulary } from "../models/vocabulary.ts";
import { ignoreEvents } from "../ops/events.ts";
import { createNameService } from "../text/name-service.ts";
import { AbsentError, UsageError } from "./args.ts";
import { command, commandSettings, type Output, withServices } from "./command.ts";
import { CONTEXT_ARGS, contextOf, SLICE_ARGS, sliceOptions } from "./prompts.ts";
import { tellWhere } from "./propagate.ts";
import { pullModel, readCatalog } from "./pull.ts";

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const sizeOf = (model: Model): number => filesOf(model).reduce((sum, { bytes }) => sum + bytes, 0);

const list = command({
  name: "list",
  description: "Models that serve, and those that can be pulled",
  args: {},
  async run({ given, result }) {
    const { modelDirs, catalogDir } = commandSettings(given);
    const registry = await loadModels(modelDirs);
    const here = registry.list().map((model, n) => ({
      id: model.id,
      state: n === 0 ? "default" : "ready",
      contract: model.manifest.contract,
      licence: model.manifest.licence,
      bytes: sizeOf(model),
    }));
    const broken = registry.refused().map(({ id, error }) => ({ id, state: "refused", code: error.code }));
    const known = new Set([...here, ...broken].map(({ id }) => id));
    const offered = (await readCatalog(catalogDir))
      .filter(({ id }) => !known.has(id))
      .map(({ id, contract, licence, source }) => ({
        id,
        state: source ? "can be pulled" : "needs your own files",
        contract,
        licence,
      }));
    const lines = [
      ...here.map(({ id, state, licence, bytes }) => [id, state, licence, megabytes(bytes)]),
      ...broken.map(({ id, state, code }) => [id, state, code]),
      ...offered.map(({ id, state, licence }) => [id, state, licence]),
    ];
    result([...here, ...broken, ...offered], lines.map((line) => line.join("\t")).join("\n"));
  },
});

const verify = command({
  name: "verify",
  description: "Check every file of every model against its digest",
  args: {},
  async run({ given, result }) {
    const registry = await loadModels(commandSettings(given).modelDirs);
    const good = registry.list().map(({ id }) => ({ id, ok: true }));
    const bad = registry.refused().map(({ id, error }) => ({ id, ok: false, code: error.code, ...error.detail }));
    const lines = [
      ...good.map(({ id }) => `${id}\tok`),
      ...registry.refused().map(({ id, error }) => `${id}\t${error.message}`),
    ];
    result([...good, ...bad], lines.join("\n"));
    if (bad.length > 0 || good.length === 0)
      throw new Error(`${bad.length} of ${bad.length + good.length} models are not usable.`);
  },
});

const pull = command({
  name: "pull",
  description: "Fetch a model of the catalogue, resuming and verifying",
  args: { id: { type: "positional", description: "As `models list` shows it" } },
  async run({ given, result, note }) {
    const [id] = given.positionals;
    if (id === undefined) throw new UsageError("Give a model id.");
    const { cacheDir, catalogDir } = commandSettings(given);
    const manifest = (await readCatalog(catalogDir)).find((entry) => entry.id === id);
    if (!manifest) throw new UsageError("No such model in the catalogue; see `promptomy models list`.");
    const leaving = new AbortController();
    process.once("SIGINT", () => leaving.abort());
    const pulled = await pullModel(manifest, { cacheDir, note, signal: leaving.signal });
    result(pulled, `${pulled.id} → ${pulled.dir}`);
  },
});

/** `promptomy models …`, by name. */
export const MODEL_COMMANDS: Readonly<Record<string, CommandDef>> = { list, verify, pull };

export const models = defineCommand({
  meta: { name: "models", description: "List, verify or pull models" },
  subCommands: MODEL_COMMANDS,
});

/** `promptomy names`: what a text prompt may say, and what each name is worth. */
export const names = command({
  name: "names",
  description: "Names that a text prompt may say, those that work first",
  args: {
    text: {
      type: "positional",
      required: false,
      description: "Letters of a name, in any of nine languages, or what it may be called",
    },
    where: { type: "string", description: "A volume: on which slices the name is, by its presence", valueHint: "file" },
    look: {
      type: "string",
      description: "An image: where on a slice a phrase may be, by a heat map",
      valueHint: "file",
    },
    ...SLICE_ARGS,
    ...CONTEXT_ARGS,
  },
  async run({ given, result, note }) {
    const volume = given.value("where");
    if (volume !== undefined) return tellWhere({ given, result, note }, volume);
    const image = given.value("look");
    if (image !== undefined) return tellPlaces({ given, result, note }, image);
    const { modelDirs, vocabularyFile, cacheDir, textEncoder } = commandSettings(given);
    const [model] = (await loadModels(modelDirs)).list();
    const vocabulary = await loadVocabulary(vocabularyFile, model);
    const { entries } = vocabulary;
    const typed = given.positionals[0] ?? "";
    const { modality = "", task } = contextOf(given).context ?? {};
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    const found = matchingNames(entries, typed, { modality, task }).flatMap(({ id }) => byId.get(id) ?? []);
    if (found.length > 0) return result(found, found.map(lineOf).join("\n"));
    const service = await createNameService({ vocabulary, cacheDir, encoder: textEncoder, observe: ignoreEvents });
    const answer = await service.resolve(typed, { modality, task }).finally(() => service.close({ graceMs: 0 }));
    const meant = answer.known ? [answer.name] : answer.suggestions;
    const near = meant.flatMap((name) => entries.find((entry) => entry.name === name) ?? []);
    note(near.length > 0 ? "No name has these letters. It may be:" : "No name is near.");
    result(near, near.map(lineOf).join("\n"));
  },
});

function lineOf(term: ListedTerm): string {
  const { name, modalities, region = "", measured } = term;
  const dice = measured ? `Dice ${measured.dice.toFixed(2)} on ${measured.cases} slices` : "not measured";
  return [name, region, modalities.join(" "), qualityOf(term) === "untaught" ? "not learned" : dice].join("\t");
}

/** `--look IMAGE`: where a phrase may be, as options of `promptomy segment`. On the slice that is named, or the middle one. */
async function tellPlaces({ given, result, note }: Output, path: string): Promise<void> {
  const [text] = given.positionals;
  if (text === undefined) throw new UsageError("--look needs a phrase.");
  const { plane, slices, window } = sliceOptions(given);
  const model = given.value("model");
  const found = await withServices(given, async (services) => {
    const { info } = await services.images.open(path);
    for (const warning of info.warnings) note(warning);
    const { known } = await services.names.resolve(text, { modality: info.modality });
    const slice = slices?.[0] ?? Math.floor(planeOf(info, plane).count / 2);
    return services.places.find({ text, known, imageId: info.imageId, plane, slice, window, model });
  });
  if (!found) throw new UsageError("This model has no heat map, or reads this name itself: see docs/models.md.");
  result(found, found.map(lineOfPlace).join("\n"));
  if (found.length === 0) throw new AbsentError("Nothing on this slice looks like it.");
}

const lineOfPlace = ({ box: { x0, y0, x1, y1 }, point: { x, y }, confidence, by }: PhrasePlace): string =>
  `--box ${x0},${y0},${x1},${y1} --point ${x},${y}\t${confidence.toFixed(2)} by ${by}`;
