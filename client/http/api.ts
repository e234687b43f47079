/** The routes this package uses, with their shapes. */

import type { Digest } from "../../core/digest.ts";
import { isSegmenterError, SegmenterError } from "../../core/errors.ts";
import { isDtype, voxelsOf } from "../../core/image/dtype.ts";
import { partGrid } from "../../core/image/part.ts";
import { findPlane } from "../../core/image/planes.ts";
import type { PartRequest, Plane, Slice } from "../../core/image/volume.ts";
import type {
  EmbeddingInfo,
  EmbeddingRequest,
  ExportOrder,
  ImageDescription,
  ImageInfo,
  ImportResult,
  ListedTerm,
  Manifest,
  MaskRequest,
  MaskResponse,
  PlaneInfo,
  PrefetchRequest,
  SegmentationRequest,
  SeriesSalt,
  StudyEntry,
  TextPromptAnswer,
  TextPromptRequest,
} from "../../core/wire/index.ts";
import { raceSignal } from "../common/abort.ts";
import type { PropagateProgress } from "../common/job-types.ts";
import { lruByBytes } from "../common/lru.ts";
import { digestOf } from "../common/sha256.ts";
import type { CallOptions, ExportedFile, SliceOptions, Sources, Study } from "../types.ts";
import { readEvents } from "./events.ts";
import { followJob } from "./jobs.ts";
import { createSources } from "./sources.ts";
import { jsonBody, type Transport, withSignal } from "./transport.ts";

/** A file that a manifest names. */
type ModelFile = NonNullable<Manifest["golden"]>;

export interface Api {
  /** The model of this id, or the server's default. */
  manifest(id?: string, call?: CallOptions): Promise<Manifest>;
  /** Bytes of a model file that agree with its digest. */
  modelFile(modelId: string, file: ModelFile): Promise<Uint8Array<ArrayBuffer>>;
  upload(files: readonly Blob[], call?: CallOptions & { readonly index?: number }): Promise<ImageInfo>;
  importSegments(imageId: string, file: Blob, call?: CallOptions): Promise<ImportResult>;
  image(imageId: string, call?: CallOptions): Promise<ImageInfo>;
  /** DICOM UIDs of where an image came from: patient data, and not kept here. */
  source(imageId: string, call?: CallOptions): Promise<ImageDescription["source"]>;
  /** The image of a DICOM series that the server has. */
  findSeries(seriesInstanceUid: string, call?: CallOptions): Promise<ImageInfo | undefined>;
  slice(imageId: string, plane: Plane, k: number, call?: SliceOptions): Promise<Slice>;
  embed(imageId: string, request: EmbeddingRequest, call?: CallOptions): Promise<EmbeddingInfo>;
  embedding(id: Digest, mediaType: string, call?: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  masks(request: MaskRequest, call?: CallOptions): Promise<MaskResponse>;
  /** Each text is asked once. */
  textPrompt(request: TextPromptRequest): Promise<TextPromptAnswer>;
  vocabulary(call?: CallOptions): Promise<readonly ListedTerm[]>;
  studies(call?: CallOptions): Promise<readonly Study[]>;
  readonly sources: Sources;
  /** A result as a file of the server's formats. */
  exportFile(request: ExportOrder, call?: CallOptions): Promise<ExportedFile>;
  /** Number of each slice as it becomes ready, until all are or the signal aborts. */
  prefetch(imageId: string, request: PrefetchRequest, call?: CallOptions): AsyncGenerator<number>;
  /** The progress of a volume job until it has ended. An abort stops the job. */
  propagate(imageId: string, request: SegmentationRequest, call?: CallOptions): AsyncGenerator<PropagateProgress>;
}

/** Answers of the vocabulary. */
const NAMES_CACHE_BYTES = 2 ** 20;

/** Of an answer, beside its text. */
const NAME_BYTES = 512;

/** Slices that the viewer showed and the decoder is about to ask for. */
const SLICE_CACHE_BYTES = 64 * 2 ** 20;

export function createApi(transport: Transport): Api {
  const images = new Map<string, ImageInfo>();
  const names = lruByBytes<string, Promise<TextPromptAnswer>>(NAMES_CACHE_BYTES);
  const sharedImage = sharing<ImageInfo>();

  const remember = (info: ImageInfo): ImageInfo => {
    images.set(info.imageId, info);
    return info;
  };
  const sources = createSources(transport, remember);
  const image: Api["image"] = async (imageId, call) => {
    const fetchInfo = async () => remember(await transport.json<ImageInfo>(`v1/images/${imageId}`));
    return images.get(imageId) ?? raceSignal(sharedImage(imageId, fetchInfo), call?.signal);
  };
  const slice = createSlices(transport, image);

  return {
    manifest: async (id, call) => {
      const init = withSignal({}, call?.signal);
      if (id !== undefined) return transport.json(`v1/models/${encodeURIComponent(id)}`, init);
      const [first] = await transport.json<Manifest[]>("v1/models", init);
      if (!first) throw new SegmenterError("UnknownModel", { modelId: "" });
      return first;
    },
    modelFile: (modelId, file) => modelFile(transport, modelId, file),
    upload: async (files, { index, signal } = {}) => {
      const path = index === undefined ? "v1/images" : `v1/images?index=${index}`;
      return remember(await transport.json(path, uploadBody(files, signal)));
    },
    importSegments: (imageId, file, call) =>
      transport.json(`v1/images/${imageId}/imports`, uploadBody([file], call?.signal)),
    image,
    source: async (imageId, call) =>
      (await transport.json<ImageDescription>(`v1/images/${imageId}?source=true`, withSignal({}, call?.signal))).source,
    findSeries: async (uid, call) => {
      const init = withSignal({}, call?.signal);
      const { salt } = await transport.json<SeriesSalt>("v1/series", init);
      const found = transport.json<ImageInfo>(`v1/series/${digestOf(`${salt}\n${uid}`)}`, init);
      return found.then(remember).catch((thrown: unknown) => {
        if (isSegmenterError(thrown, "ImageNotFound")) return undefined;
        throw thrown;
      });
    },
    slice,
    embed: (imageId, request, call) =>
      transport.json(`v1/images/${imageId}/embeddings`, jsonBody(request, call?.signal)),
    embedding: (id, mediaType, call) =>
      transport.bytes(`v1/embeddings/${id}`, withSignal({ headers: { Accept: mediaType } }, call?.signal)),
    masks: (request, call) => transport.json("v1/masks", jsonBody(request, call?.signal)),
    textPrompt: (request) => {
      const key = JSON.stringify(Object.entries(request).sort());
      const asked = names.get(key) ?? transport.json<TextPromptAnswer>("v1/text-prompts", jsonBody(request));
      names.set(key, asked, 2 * key.length + NAME_BYTES);
      asked.catch(() => names.delete(key));
      return asked;
    },
    vocabulary: (call) => transport.json("v1/vocabulary", withSignal({}, call?.signal)),
    studies: async (call) => (await sources.studies(call)).flatMap(openFromStart),
    sources,
    exportFile: async (request, call) => fileOf(await transport.send("v1/exports", jsonBody(request, call?.signal))),
    async *prefetch(imageId, request, call) {
      const response = await transport.send(`v1/images/${imageId}/prefetch`, jsonBody(request, call?.signal));
      for await (const { event, data } of readEvents(response))
        if (event === "ready" && isSlice(data)) yield data.slice;
    },
    propagate: (imageId, request, call) => followJob(transport, imageId, request, call),
  };
}

/** Slices by address, kept and shared by those who ask at the same time. */
function createSlices(transport: Transport, image: Api["image"]): Api["slice"] {
  const slices = lruByBytes<string, Slice>(SLICE_CACHE_BYTES);
  const sharedSlice = sharing<Slice>();
  return async (imageId, plane, k, call) => {
    const part = call?.part;
    const path = `v1/images/${imageId}/slices/${plane}/${k}${part ? partQuery(part) : ""}`;
    const fetchSlice = async () => {
      const [info, bytes] = await Promise.all([image(imageId), transport.bytes(path)]);
      const whole = sliceFrom(info, plane, k, bytes);
      const made = part ? { ...whole, ...partGrid(whole, part) } : whole;
      slices.set(path, made, bytes.byteLength);
      return made;
    };
    return slices.get(path) ?? raceSignal(sharedSlice(path, fetchSlice), call?.signal);
  };
}

async function modelFile(transport: Transport, modelId: string, file: ModelFile): Promise<Uint8Array<ArrayBuffer>> {
  const download = () => transport.bytes(`v1/models/${encodeURIComponent(modelId)}/files/${file.path}`);
  // Once more, because giving up here costs the whole session its fast decoder.
  const bytes = await download().catch((error: unknown) => {
    if (!isSegmenterError(error, "ServerUnreachable")) throw error;
    return download();
  });
  verify(bytes, modelId, file);
  return bytes;
}

async function fileOf(response: Response): Promise<ExportedFile> {
  const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "export";
  const type = response.headers.get("Content-Type") ?? "application/octet-stream";
  return { name: decodeURIComponent(name), type, bytes: new Uint8Array(await response.arrayBuffer()) };
}

const isSlice = (data: unknown): data is { slice: number } =>
  typeof data === "object" && data !== null && "slice" in data && typeof data.slice === "number";

const openFromStart = ({ imageId, name }: StudyEntry): Study[] => (imageId === undefined ? [] : [{ imageId, name }]);

/**
 * One download for all who ask at the same time: the viewer and the decoder want the same slice. It takes no signal,
 * because one caller must not stop the other's.
 */
function sharing<T>(): (key: string, load: () => Promise<T>) => Promise<T> {
  const loading = new Map<string, Promise<T>>();
  return (key, load) => {
    const shared = loading.get(key) ?? load().finally(() => loading.delete(key));
    loading.set(key, shared);
    return shared;
  };
}

function uploadBody(files: readonly Blob[], signal: AbortSignal | undefined): RequestInit {
  const [first] = files;
  if (first && files.length === 1) {
    const headers = { "Content-Type": "application/octet-stream" };
    return withSignal({ method: "POST", headers, body: first }, signal);
  }
  const form = new FormData();
  for (const file of files) form.append("file", file);
  return withSignal({ method: "POST", body: form }, signal);
}

/** Throws ModelCorrupt when bytes are not those that the manifest names. */
export function verify(bytes: Uint8Array<ArrayBuffer>, modelId: string, { path, bytes: expected, digest }: ModelFile) {
  const corrupt = (reason: string) => new SegmenterError("ModelCorrupt", { modelId, file: path, reason });
  if (expected !== undefined && bytes.byteLength !== expected)
    throw corrupt(`${bytes.byteLength} bytes instead of ${expected}`);
  if (digest !== undefined && digestOf(bytes) !== digest) throw corrupt("its sha256 is not that of the manifest");
}

/** Stored values, little-endian, as a slice of an image. */
export function sliceFrom(info: ImageInfo, plane: Plane, k: number, bytes: Uint8Array<ArrayBuffer>): Slice {
  const grid = findPlane(info, plane);
  if (!grid || !isDtype(info.dtype))
    throw new SegmenterError("SliceNotFound", { plane, slice: k, count: grid?.count ?? 0 });
  return {
    width: grid.width,
    height: grid.height,
    channels: info.channels,
    data: voxelsOf(info.dtype, bytes.buffer),
    rescale: info.rescale,
    inverted: info.inverted,
    spacingMm: grid.spacingMm ?? undefined,
    curves: info.windows.filter(({ curve }) => curve),
    xyToLps: atSlice(info, grid, k),
  };
}

const partQuery = ({ region: { x0, y0, x1, y1 }, level }: PartRequest): string =>
  `?region=${x0},${y0},${x1},${y1}&level=${level}`;

/** (x, y, k) → LPS with k fixed: to where the slice says that it lies, else as many steps as k. */
function atSlice({ slicePositions }: ImageInfo, { xyToLps }: PlaneInfo, k: number): readonly number[] {
  const own = slicePositions?.[k];
  const origin = (row: number) => own?.[row] ?? (xyToLps[4 * row + 3] ?? 0) + k * (xyToLps[4 * row + 2] ?? 0);
  return xyToLps.map((value, i) => (i % 4 === 3 && i < 12 ? origin(i >> 2) : value));
}
