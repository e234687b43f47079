import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { type Graph, Manifest } from "../../core/wire/index.ts";
import { type ModelFile, readVerified } from "./verify.ts";

type Weights = Pick<Graph, "path" | "bytes" | "digest">;
export type GraphName = keyof Manifest["graphs"];

/** A model whose every file was checked. Plain data, so that it can be sent to a child process. */
export interface Model {
  readonly id: string;
  readonly dir: string;
  readonly manifest: Manifest;
  readonly graphs: { readonly [N in GraphName]?: ModelFile } & {
    readonly encoder: ModelFile;
    readonly decoder: ModelFile;
  };
  readonly golden?: ModelFile;
  /** Of text encoders that are not our own. */
  readonly tokenizers: { readonly text?: ModelFile; readonly heatMap?: ModelFile };
}

/** A folder that looked like a model and is not served, with the reason. */
export interface RefusedModel {
  readonly id: string;
  readonly error: SegmenterError;
}

export interface ModelRegistry {
  /** The first good model when `id` is left out. Throws UnknownModel, or ModelCorrupt for a refused one. */
  get(id?: string): Model;
  list(): readonly Model[];
  refused(): readonly RefusedModel[];
  /** A file that the manifest names. Throws FileNotFound, UnknownModel, ModelCorrupt. */
  file(id: string, name: string): ModelFile;
}

/**
 * Reads `manifest.json` in each folder, or in the folders directly inside it, and checks size, sha256 and structure of
 * every file it names. A model that fails is refused; the others serve. The first folder's first model is the default.
 */
export async function loadModels(dirs: readonly string[]): Promise<ModelRegistry> {
  const folders = (await Promise.all(dirs.map((dir) => modelFolders(resolve(dir))))).flat();
  const models = new Map<string, Model>();
  const refused = new Map<string, SegmenterError>();
  for (const dir of folders) {
    const loaded = await loadModel(dir);
    if (models.has(loaded.id) || refused.has(loaded.id)) continue;
    if ("error" in loaded) refused.set(loaded.id, loaded.error);
    else models.set(loaded.id, loaded);
  }
  const get = (id?: string): Model => {
    const model = id === undefined ? models.values().next().value : models.get(id);
    if (model) return model;
    const corrupt = id === undefined ? refused.values().next().value : refused.get(id);
    throw corrupt ?? new SegmenterError("UnknownModel", { modelId: id ?? "default" });
  };
  return {
    get,
    list: () => [...models.values()],
    refused: () => [...refused].map(([id, error]) => ({ id, error })),
    file(id, name) {
      const found = filesOf(get(id)).find((file) => file.name === name);
      if (!found) throw new SegmenterError("FileNotFound", { name });
      return found;
    },
  };
}

const isFile = (file: ModelFile | undefined): file is ModelFile => file !== undefined;

/** Every file of a model that its manifest names. */
export const filesOf = ({ graphs, golden, tokenizers }: Model): ModelFile[] =>
  [...Object.values(graphs), golden, ...Object.values(tokenizers)].filter(isFile);

async function modelFolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  if (entries.some(({ name }) => name === "manifest.json")) return [dir];
  const inside = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(dir, name));
  const holding = await Promise.all(
    inside.sort().map(async (folder) => ((await readdir(folder)).includes("manifest.json") ? [folder] : [])),
  );
  return holding.flat();
}

async function loadModel(dir: string): Promise<Model | RefusedModel> {
  let id = basename(dir);
  try {
    const manifest = await readManifest(dir, id);
    id = manifest.id;
    const model = modelOf(dir, manifest);
    for (const file of filesOf(model)) await readVerified(file);
    return model;
  } catch (thrown) {
    if (isSegmenterError(thrown)) return { id, error: thrown };
    throw thrown;
  }
}

async function readManifest(dir: string, modelId: string): Promise<Manifest> {
  const refuse = (reason: string, cause: Error) =>
    new SegmenterError("ModelCorrupt", { modelId, file: "manifest.json", reason }, { cause });
  try {
    const parsed = Manifest.safeParse(JSON.parse(await readFile(join(dir, "manifest.json"), "utf8")));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw refuse(`${issue?.path.join(".")}: ${issue?.message}`, parsed.error);
  } catch (thrown) {
    if (isSegmenterError(thrown)) throw thrown;
    throw refuse("is no readable JSON", toError(thrown));
  }
}

function modelOf(dir: string, manifest: Manifest): Model {
  const file = (weights: Weights): ModelFile => fileOf(dir, manifest.id, weights);
  const { text, heatMap: places, golden } = manifest;
  const { encoder, decoder, prepare, textEncoder, heatMap } = manifest.graphs;
  return {
    id: manifest.id,
    dir,
    manifest,
    graphs: {
      encoder: file(encoder),
      decoder: file(decoder),
      ...(prepare && { prepare: file(prepare) }),
      ...(textEncoder && { textEncoder: file(textEncoder) }),
      ...(heatMap && { heatMap: file(heatMap) }),
    },
    ...(golden && { golden: file(golden) }),
    tokenizers: {
      ...(text && { text: file(text.tokenizer) }),
      ...(places && { heatMap: file(places.text.tokenizer) }),
    },
  };
}

function fileOf(dir: string, modelId: string, { path, bytes, digest }: Weights): ModelFile {
  const refuse = (reason: string) => new SegmenterError("ModelCorrupt", { modelId, file: path, reason });
  if (path.split("/").some((part) => part === ".." || part === ".")) throw refuse("lies outside the model's folder");
  if (bytes === undefined || digest === undefined)
    throw refuse("has no recorded size and digest, nothing unverified runs");
  return { modelId, name: path, path: join(dir, path), bytes, digest };
}
