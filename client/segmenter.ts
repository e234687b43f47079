/** `createSegmenter`: images to the server, prompts to the decoder of this browser. */
import type { Named } from "../core/annotation/answer.ts";
import { EMBEDDING_MEDIA } from "../core/embedding/file.ts";
import { isSegmenterError, SegmenterError } from "../core/errors.ts";
import { isLarge } from "../core/image/part.ts";
import { findPlane } from "../core/image/planes.ts";
import { inputPart } from "../core/model/preprocess.ts";
import { isWholeCrop } from "../core/prompt/space.ts";
import type { Crop, EmbeddingInfo, ImageInfo, Manifest, PlaneInfo, PromptContext } from "../core/wire/index.ts";
import { raceSignal } from "./common/abort.ts";
import { latestWins } from "./common/latest-wins.ts";
import type { Backend } from "./decode/backend.ts";
import type { WorkerSlice } from "./decode/decoder.worker.ts";
import { createDecoding } from "./decode/decoding.ts";
import { createLadder, type Ladder } from "./decode/ladder.ts";
import { type Renew, serverBackend } from "./decode/server-backend.ts";
import { startWorker } from "./decode/start-worker.ts";
import { workerBackend } from "./decode/worker-backend.ts";
import type { Api } from "./http/api.ts";
import { createLocalVolumes } from "./local/local-volumes.ts";
import { createNaming } from "./names.ts";
import { apiOf } from "./open-api.ts";
import { createSegmentations } from "./segmentations.ts";
import type {
  BackendName,
  CallOptions,
  Embedding,
  EmbedTarget,
  Segmenter,
  SegmenterOptions,
  SegmenterStatus,
} from "./types.ts";
import { createVolumes } from "./volumes.ts";

const RUNGS: readonly BackendName[] = ["webgpu", "wasm", "server"];
const CACHE_BYTES = 256 * 2 ** 20;

/** Includes the download of onnxruntime, 14 to 27 MB. A GPU asked for by name also gets time to compile its shaders. */
const START_TIMEOUT_MS = { auto: 60_000, named: 180_000 };

/**
 * Connects to a server. The fastest decoder of this browser starts and checks itself meanwhile; calls wait for it.
 * Rejects with `UnknownModel` or `ServerUnreachable`.
 *
 * @example
 * const segmenter = await createSegmenter({ server: location.origin });
 * const slice = await segmenter.embed(file);
 * const [best] = await segmenter.segment(slice, [{ kind: "point", x: 212, y: 140, label: "foreground" }]);
 */
export async function createSegmenter(options: SegmenterOptions): Promise<Segmenter> {
  const { api, names, close } = await apiOf(options);
  const manifest = await api.manifest(options.model, options);
  const status = statusOf(manifest.id, options.onStatus);
  const { decode = "auto" } = options;
  const open = opener(api, manifest, options);
  const ladder = createLadder({
    rungs: rungsOf(options).slice(decode === "auto" ? 0 : RUNGS.indexOf(decode)),
    open: open.rung,
    report: status.change,
    standIn: decode === "auto" && options.server !== null ? open.server() : undefined,
  });
  const context: EmbedContext = { api, manifest, ladder, status };
  const { decodeOn, decodeSoon } = createDecoding(context);
  const naming = createNaming({ ...api, segment: decodeOn, model: manifest.id });
  const segment: Segmenter["segment"] = async (on, prompts, { classify = false, ...call } = {}) => {
    const masks = await decodeSoon(on, prompts, call);
    if (!classify) return masks;
    const [best, ...rest] = masks;
    return [{ ...best, names: await naming.classify(on, best, call) }, ...rest];
  };
  const bestOf = async (...[on, prompts, call]: Parameters<Segmenter["segment"]>) =>
    (await decodeOn(on, prompts, { ...call, zoom: "never" }))[0];
  const embedOn: Segmenter["embed"] = (image, call) => embed(context, image, call);

  const { id, name, prompts: kinds } = manifest;
  const heatMap = manifest.heatMap !== undefined && options.server !== null;
  return {
    model: { id, name, prompts: kinds, heatMap },
    get status() {
      return status.now();
    },
    onStatus: status.subscribe,
    ready: async () => {
      await ladder.ready();
      return status.now();
    },
    upload: (files, call) => api.upload(files instanceof Blob ? [files] : files, call),
    importSegments: api.importSegments,
    image: api.image,
    findSeries: api.findSeries,
    source: api.source,
    slice: ({ imageId, plane = "native", slice = 0 }, call) => api.slice(imageId, plane, slice, call),
    embed: embedOn,
    segment,
    preview: latestWins(bestOf),
    ...naming,
    vocabulary: api.vocabulary,
    studies: api.studies,
    sources: api.sources,
    prefetch: ({ imageId, plane, slice: around, direction = 0, count = 4, window }, call) =>
      api.prefetch(imageId, { plane, around, direction, count, ...(window ? { window } : {}) }, call),
    exportFile: api.exportFile,
    ...createVolumes(
      names ? createLocalVolumes({ ...api, embedOn, segment: decodeOn, vocabulary: names }) : api.propagate,
      manifest,
    ),
    segmentation: createSegmentations({ image: api.image, embed: embedOn, segment }),
    close() {
      ladder.close();
      close();
    },
  };
}

const rungsOf = ({ server }: SegmenterOptions) => RUNGS.filter((name) => server !== null || name !== "server");

interface StatusBoard {
  now(): SegmenterStatus;
  change(part: Partial<SegmenterStatus>): void;
  subscribe(listener: (status: SegmenterStatus) => void): () => void;
}

function statusOf(model: string, listener: SegmenterOptions["onStatus"]): StatusBoard {
  const listeners = new Set(listener ? [listener] : []);
  let status: SegmenterStatus = { state: "starting", backend: "webgpu", reason: "", model, ms: undefined, threads: 0 };
  return {
    now: () => status,
    change: (part) => {
      status = { ...status, ...part };
      for (const notify of listeners) notify(status);
    },
    subscribe: (notify) => {
      listeners.add(notify);
      return () => listeners.delete(notify);
    },
  };
}

interface Opener {
  rung(name: BackendName): Promise<Backend>;
  server(): Backend;
}

function opener(api: Api, manifest: Manifest, options: SegmenterOptions): Opener {
  const { decode = "auto", cacheBytes = CACHE_BYTES } = options;
  const workerUrl = options.workerUrl === undefined ? undefined : new URL(options.workerUrl, globalThis.location?.href);
  const worker = options.worker ?? (workerUrl ? () => startWorker(workerUrl) : defaultWorker);
  const renew = renewer(api, manifest);
  const encode = partEncoder(api, manifest);
  const server = () => serverBackend({ api, manifest, renew, encode });
  const rung = async (name: BackendName) => {
    if (name === "server") return server();
    if (!options.worker && !globalThis.Worker) throw new Error("there are no web workers here");
    return workerBackend({
      backend: name,
      manifest,
      worker,
      workerUrl: options.worker ? undefined : workerUrl?.href,
      readFile: (file) => api.modelFile(manifest.id, file),
      source: (on, signal) => sourceOf(api, manifest, renew, on, signal),
      name: (text, on, context) => nameOf(api, manifest, { text, on, context }),
      encode,
      cacheBytes,
      mustBeFast: decode === "auto",
      startTimeoutMs: decode === "auto" && name === "webgpu" ? START_TIMEOUT_MS.auto : START_TIMEOUT_MS.named,
    });
  };
  return { rung, server };
}

/** Bundlers find the worker by this expression; without one, pass `workerUrl` or `worker`. */
const defaultWorker = () => new Worker(new URL("./decode/decoder.worker.js", import.meta.url), { type: "module" });

/** A part of a slice that is encoded already, as an embedding of its own. */
const partEncoder =
  (api: Api, manifest: Manifest) =>
  async (on: Embedding, crop: Crop, call: CallOptions): Promise<Embedding> => {
    const info = await api.embed(on.imageId, { ...requestOf(on, manifest.id), crop }, call);
    return embeddingOf(info, findPlane(await api.image(on.imageId, call), on.plane));
  };

/** A model that reads no text refuses it by itself; one that reads any needs no names. */
async function nameOf(
  api: Api,
  manifest: Manifest,
  { text, on, context }: { text: string; on: Embedding; context: PromptContext | undefined },
): Promise<Named | undefined> {
  if (!manifest.prompts.includes("text") || manifest.text?.vocabulary === "none") return undefined;
  const image = await api.image(on.imageId);
  const { modality = image.modality, task } = context ?? {};
  const answer = await api.textPrompt({ text, modality, ...(task ? { task } : {}) });
  return { answer, stack: findPlane(image, on.plane) };
}

/** The server holds caches only: an embedding that is gone is asked for again, under the same id. */
function renewer(api: Api, manifest: Manifest): Renew {
  return async (on, call, options) => {
    try {
      return await call();
    } catch (error) {
      if (!isSegmenterError(error, "EmbeddingNotFound")) throw error;
      await api.embed(on.imageId, requestOf(on, manifest.id), options);
      return call();
    }
  };
}

/** As it was asked for: a crop of everything is no crop, and would have another id. */
function requestOf({ plane, slice, window, transform: { crop }, width, height }: Embedding, model: string) {
  const part = isWholeCrop(crop, { width, height }) ? {} : { crop };
  return { plane, slice, model, ...(window ? { window } : {}), ...part };
}

/** Embedding and pixels travel side by side; pixels only for a model that looks at them. */
async function sourceOf(
  api: Api,
  manifest: Manifest,
  renew: Renew,
  on: Embedding,
  signal?: AbortSignal,
): Promise<WorkerSlice> {
  const call = signal ? { signal } : {};
  const media = EMBEDDING_MEDIA[manifest.embedding.wire];
  const [embedding, slice] = await Promise.all([
    renew(on, () => api.embedding(on.id, media, call), call),
    manifest.graphs.prepare ? api.slice(on.imageId, on.plane, on.slice, { ...call, ...partOfLarge(on) }) : undefined,
  ]);
  const { width, height, window, transform } = on;
  return { embedding, width, height, window, transform, ...(slice ? { slice } : {}) };
}

/** Of a large picture only what the decoder looks at travels. */
const partOfLarge = (on: Embedding) => (isLarge(on) ? { part: inputPart(on.transform) } : {});

interface EmbedContext {
  readonly api: Api;
  readonly manifest: Manifest;
  readonly ladder: Ladder;
  readonly status: StatusBoard;
}

async function embed(
  { api, manifest, ladder, status }: EmbedContext,
  image: ImageData | Blob | EmbedTarget,
  call: CallOptions = {},
): Promise<Embedding> {
  const { imageId, plane = "native", slice = 0, window, crop } = await reference(api, image, call);
  const wantsPixels = manifest.graphs.prepare !== undefined && status.now().backend !== "server";
  // Begun before the encoder answers; `prepare` finds it in the cache. Its failure is reported there.
  const known = api.image(imageId, call);
  if (wantsPixels) known.then((record) => preloadPixels(api, record, { plane, slice }, call)).catch(() => {});
  const request = { plane, slice, model: manifest.id, ...(window ? { window } : {}), ...(crop ? { crop } : {}) };
  const [info, record] = await Promise.all([api.embed(imageId, request, call), known]);
  const embedding = embeddingOf(info, findPlane(record, plane));
  // A worker that starts has time to lose: its embedding waits in the browser's cache by then.
  if (wantsPixels && status.now().state === "starting")
    api.embedding(embedding.id, EMBEDDING_MEDIA[manifest.embedding.wire], call).catch(() => {});
  const prepared = raceSignal(
    ladder.run((backend) => backend.prepare(embedding, call.signal)),
    call.signal,
  );
  // The stand-in answers without it. What fails here fails again, and is told, where a mask is asked for.
  if (ladder.standsIn()) prepared.catch(() => {});
  else await prepared;
  return embedding;
}

async function preloadPixels(
  api: Api,
  image: ImageInfo,
  { plane, slice }: Pick<Embedding, "plane" | "slice">,
  call: CallOptions,
) {
  const grid = findPlane(image, plane);
  if (grid && !isLarge(grid)) await api.slice(image.imageId, plane, slice, call);
}

async function reference(api: Api, image: ImageData | Blob | EmbedTarget, call: CallOptions): Promise<EmbedTarget> {
  if ("imageId" in image) return image;
  const { imageId } = await api.upload([image instanceof Blob ? image : await pngOf(image)], call);
  return { imageId };
}

/** Lossless; transparency would lose colour on the way, so it is dropped. */
async function pngOf({ data, width, height }: ImageData): Promise<Blob> {
  const opaque = new ImageData(new Uint8ClampedArray(data), width, height);
  for (let alpha = 3; alpha < opaque.data.length; alpha += 4) opaque.data[alpha] = 255;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.putImageData(opaque, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

function embeddingOf(info: EmbeddingInfo, grid: PlaneInfo | undefined): Embedding {
  const { embeddingId, imageId, plane, slice, window, transform, model } = info;
  if (!grid) throw new SegmenterError("SliceNotFound", { plane, slice, count: 0 });
  return { id: embeddingId, imageId, plane, slice, window, transform, model, width: grid.width, height: grid.height };
}
