/** The worker of a page without a server: it opens files and encodes slices, under the ids that a server would give. */
import * as Comlink from "comlink";
import type { Digest } from "../../../core/digest.ts";
import { encodeEmbedding } from "../../../core/embedding/file.ts";
import { SegmenterError } from "../../../core/errors.ts";
import { littleEndianBytes } from "../../../core/image/dtype.ts";
import { headerOf } from "../../../core/image/header.ts";
import { sliceOf } from "../../../core/image/slice.ts";
import type { Volume } from "../../../core/image/volume.ts";
import { embeddingTarget } from "../../../core/model/target.ts";
import { createPhantom } from "../../../core/phantom/phantom.ts";
import type { EmbeddingInfo, EmbeddingRequest, ImageInfo, Manifest } from "../../../core/wire/index.ts";
import { readImage } from "../../../formats/index.ts";
import { lruByBytes } from "../../common/lru.ts";
import { digestOf } from "../../common/sha256.ts";
import { outcomeOf } from "../../decode/outcome.ts";
import type { LocalWorker } from "../../local/local-worker.ts";
import { codecs } from "./codecs.ts";
import { createEncoding, type Encoding } from "./encoding.ts";

/** Open images and made embeddings that are kept; the one in use always is. */
const VOLUME_BYTES = 2 ** 30;
const EMBEDDING_BYTES = 128 * 2 ** 20;

interface Running {
  readonly manifest: Manifest;
  readonly encoding: Encoding;
}

let running: Running | undefined;
const volumes = lruByBytes<string, { readonly volume: Volume; readonly info: ImageInfo }>(VOLUME_BYTES);
const embeddings = lruByBytes<Digest, Uint8Array<ArrayBuffer>>(EMBEDDING_BYTES);
/** The id of the built-in image, which is made again whenever it is asked for. */
let phantomId: Digest | undefined;

function keep(volume: Volume): ImageInfo {
  const { info } = headerOf(volume, digestOf);
  volumes.set(info.imageId, { volume, info }, volume.data.byteLength);
  return info;
}

function phantom(): ImageInfo {
  const info = keep(createPhantom().volume);
  phantomId = info.imageId;
  return info;
}

function imageOf(imageId: string) {
  const known = volumes.get(imageId);
  if (known) return known;
  if (phantomId === undefined || imageId === phantomId) phantom();
  const made = volumes.get(imageId);
  if (!made) throw new SegmenterError("ImageNotFound", { imageId });
  return made;
}

async function embed(imageId: string, request: EmbeddingRequest): Promise<EmbeddingInfo> {
  if (!running) throw new Error("The worker has not started.");
  const { manifest, encoding } = running;
  const { volume, info } = imageOf(imageId);
  const { digest: encoder } = manifest.graphs.encoder;
  if (!encoder)
    throw new SegmenterError("ModelCorrupt", { modelId: manifest.id, file: "encoder", reason: "no digest" });
  const target = embeddingTarget(request, { image: info, manifest, encoder, tenant: "", sha256: digestOf });
  const { id, plane, slice, window, transform, crop } = target;
  const cached = embeddings.get(id) !== undefined;
  if (!cached) {
    const tensors = await encoding.encode({ slice: sliceOf(volume, plane, slice), window, crop });
    const bytes = encodeEmbedding(tensors, manifest.embedding.wire);
    embeddings.set(id, bytes, bytes.byteLength);
  }
  const { shape } = manifest.embedding;
  const made = { embeddingId: id, imageId: info.imageId, plane, slice, model: manifest.id, modelDigest: encoder };
  return { ...made, shape, transform, window, cached };
}

const api: LocalWorker = {
  async start({ manifest, threads }, readFile) {
    running = { manifest, encoding: createEncoding(manifest, threads, readFile) };
  },
  open: (files, index) =>
    outcomeOf(async () => {
      const choose = index === undefined ? {} : { choose: index };
      return keep(
        await readImage(
          files.map((bytes) => ({ bytes })),
          { wasm: codecs, ...choose },
        ),
      );
    }),
  image: (imageId) => outcomeOf(async () => imageOf(imageId).info),
  slice: (imageId, plane, k) =>
    outcomeOf(async () => new Uint8Array(littleEndianBytes(sliceOf(imageOf(imageId).volume, plane, k).data))),
  embed: (imageId, request) => outcomeOf(() => embed(imageId, request)),
  embedding: (id) =>
    outcomeOf(async () => {
      const bytes = embeddings.get(id);
      if (!bytes) throw new SegmenterError("EmbeddingNotFound", { embeddingId: id });
      return bytes;
    }),
  studies: () => outcomeOf(async () => [{ imageId: phantom().imageId, name: "Phantom" }]),
};

Comlink.expose(api);
