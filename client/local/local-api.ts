/** The routes that the package uses, answered in this browser: a worker reads files and encodes, files of the model come from a folder. */
import * as Comlink from "comlink";
import { SegmenterError, toError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import { isOf, withMeasures } from "../../core/text/measures.ts";
import { createVocabulary, type Vocabulary } from "../../core/text/vocabulary.ts";
import type { Manifest, NameMeasures, PrefetchRequest, VocabularyEntry } from "../../core/wire/index.ts";
import { createLifeline } from "../decode/lifeline.ts";
import { unwrap } from "../decode/outcome.ts";
import { wasmThreads } from "../decode/wasm-threads.ts";
import { type Api, createApi, sliceFrom, verify } from "../http/api.ts";
import { jsonOf, type Transport } from "../http/transport.ts";
import type { LocalOptions } from "../types.ts";
import type { LocalWorker } from "./local-worker.ts";

/** A large series is read, or a slice encoded on one slow core; longer means that the worker was killed. */
const CALL_TIMEOUT_MS = 300_000;

export interface LocalApi extends Api {
  readonly names: () => Promise<Vocabulary>;
  close(): void;
}

/** Rejects with ServerUnreachable when the folder of the model cannot be read. */
export async function createLocalApi({ models, worker: makeWorker }: LocalOptions): Promise<LocalApi> {
  const base = folderOf(models);
  const manifest = await json<Manifest>(new URL("manifest.json", base));
  const modelFile: Api["modelFile"] = async (modelId, file) => {
    const bytes = new Uint8Array(await (await get(new URL(file.path, base))).arrayBuffer());
    verify(bytes, modelId, file);
    return bytes;
  };
  const { call, remote, close } = connect(makeWorker());
  const readFile = async (file: Parameters<Api["modelFile"]>[1]) => {
    const bytes = await modelFile(manifest.id, file);
    return Comlink.transfer(bytes, [bytes.buffer]);
  };
  await remote.start({ manifest, threads: wasmThreads() }, Comlink.proxy(readFile));
  const vocabulary = vocabularyOnce(base, manifest);
  const image: Api["image"] = (imageId) => call(remote.image(imageId));
  const embed: Api["embed"] = (imageId, request) => call(remote.embed(imageId, request));
  return {
    ...createApi(nowhere),
    manifest: async () => manifest,
    modelFile,
    async upload(files, { index } = {}) {
      const bytes = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
      return call(remote.open(bytes.length === 0 ? [] : bytes, index));
    },
    image,
    source: async () => undefined,
    findSeries: async () => undefined,
    slice: async (imageId, plane, k) =>
      sliceFrom(await image(imageId), plane, k, await call(remote.slice(imageId, plane, k))),
    embed,
    embedding: (id) => call(remote.embedding(id)),
    textPrompt: async ({ text, modality, task }) => (await vocabulary()).resolve(text, { modality, task }),
    names: vocabulary,
    vocabulary: async () => (await vocabulary()).entries,
    studies: () => call(remote.studies()),
    async *prefetch(imageId, { plane, around, direction, count, window }, { signal } = {}) {
      const { count: slices } = planeOf(await image(imageId), plane);
      for (const slice of neighbours({ around, direction, count }, slices)) {
        if (signal?.aborted) return;
        await embed(imageId, { plane, slice, ...(window ? { window } : {}) });
        yield slice;
      }
    },
    close,
  };
}

const refused = (): Promise<never> =>
  Promise.reject(new SegmenterError("InvalidRequest", { reason: "there is no server behind this page" }));

/** What only a server can do (archives, jobs, its own exports) is refused, not tried again. */
const nowhere: Transport = { send: refused, json: refused, bytes: refused };

function connect(worker: Worker) {
  const lifeline = createLifeline();
  const remote = Comlink.wrap<LocalWorker>(worker);
  worker.addEventListener("error", ({ message }) => lifeline.cut(`The worker that reads images crashed: ${message}`));
  return {
    remote,
    call: async <T>(answer: Promise<Parameters<typeof unwrap<T>>[0]>): Promise<T> =>
      unwrap(await lifeline.guard(answer, CALL_TIMEOUT_MS)),
    close() {
      lifeline.cut("closed");
      remote[Comlink.releaseProxy](); // as in `worker-backend.ts`
      worker.terminate();
    },
  };
}

function folderOf(models: string | URL): URL {
  const base = new URL(models);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

async function get(url: URL): Promise<Response> {
  const response = await fetch(url).catch((thrown: unknown) => {
    throw new SegmenterError("ServerUnreachable", { status: 0, reason: toError(thrown).message }, { cause: thrown });
  });
  if (response.ok) return response;
  throw new SegmenterError("ServerUnreachable", { status: response.status, reason: url.pathname });
}

const json = async <T>(url: URL): Promise<T> => jsonOf<T>(await get(url), url);

/** Read with the first text, or when names are first listed. */
function vocabularyOnce(base: URL, manifest: Manifest): () => Promise<Vocabulary> {
  let loading: Promise<Vocabulary> | undefined;
  const load = async () => {
    const [entries, measures] = await Promise.all([
      json<VocabularyEntry[]>(new URL("vocabulary.json", base)),
      json<NameMeasures>(new URL("names.json", base)).catch(() => undefined),
    ]);
    return createVocabulary(withMeasures(entries, measures && isOf(measures, manifest) ? measures : undefined));
  };
  return () => {
    loading ??= load().catch((thrown) => {
      loading = undefined;
      throw thrown;
    });
    return loading;
  };
}

/** Nearest first; `direction` 1 and −1 look one way, 0 both. */
function neighbours(
  { around, direction, count }: Pick<PrefetchRequest, "around" | "direction" | "count">,
  slices: number,
): number[] {
  const steps = direction === 0 ? [1, -1] : [direction];
  const far = Array.from({ length: slices }, (_, n) => n + 1);
  return far
    .flatMap((distance) => steps.map((step) => around + step * distance))
    .filter((slice) => slice >= 0 && slice < slices)
    .slice(0, count);
}
