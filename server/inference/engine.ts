/** What an inference child does; the process around it is `child.ts`. */

import { LRUCache } from "lru-cache";
import { decodeEmbedding } from "../../core/embedding/file.ts";
import { SegmenterError } from "../../core/errors.ts";
import { maskArea, maskBounds, type ScoredMask } from "../../core/mask/mask.ts";
import { encodeRle } from "../../core/mask/rle.ts";
import type { Decoder, Prepared } from "../../core/model/decoder.ts";
import type { Encoder } from "../../core/model/encoder.ts";
import type { HeatMap } from "../../core/model/heat-map.ts";
import { modelInput } from "../../core/model/preprocess.ts";
import type { Model } from "../models/registry.ts";
import { openDecoder, openEncoder, openHeatMap, type SessionPlace } from "./graphs.ts";
import { isPromptomy } from "./oip.ts";
import { probe } from "./probe.ts";
import type {
  ChildSetup,
  DecodedMask,
  DecodeResult,
  DecodeSource,
  DecodeTask,
  EncodeResult,
  EncodeTask,
  HeatMapResult,
  HeatMapTask,
  InferResult,
  InferTask,
  Task,
  TaskResult,
} from "./protocol.ts";

export interface Engine {
  /** Loads what the setup names; a graph that does not load is reported by the task that needs it. */
  preload(): Promise<void>;
  run(task: Task): Promise<TaskResult>;
}

/** Models whose sessions stay loaded. */
const OPEN_MODELS = 3;

/** Keeps the sessions of a few models and the prepared tensors of the last slices. Tasks come one at a time. */
export function createEngine(setup: ChildSetup): Engine {
  const models = new Map(setup.models.map((model) => [model.id, model]));
  const encoders = keepOpen<Encoder>((model) => openEncoder(model, placeOf(model, setup)));
  const decoders = keepOpen<Decoder>((model) => openDecoder(model, setup));
  const heatMaps = keepOpen<HeatMap>((model) => openHeatMap(model, setup));
  const prepared = new LRUCache<string, Prepared>({ max: setup.preparedSlices });
  const modelOf = (modelId: string): Model => {
    const model = models.get(modelId);
    if (!model) throw new SegmenterError("UnknownModel", { modelId });
    return model;
  };
  const prepare = async (task: DecodeTask, source: DecodeSource): Promise<Prepared> => {
    const { input } = modelOf(task.modelId).manifest;
    const { slice } = source;
    const image = slice && modelInput(slice, { window: task.window, crop: task.transform.crop, input }).image;
    const decoder = await decoders(modelOf(task.modelId));
    return decoder.prepare({ embedding: decodeEmbedding(source.embedding).tensors, image });
  };
  const decode = async (task: DecodeTask): Promise<DecodeResult | "missing"> => {
    const started = performance.now();
    const key = `${task.modelId} ${task.embeddingId}`;
    const slice = prepared.get(key) ?? (task.source && (await prepare(task, task.source)));
    if (!slice) return "missing";
    prepared.set(key, slice);
    return decodeWith(await decoders(modelOf(task.modelId)), slice, task, started);
  };
  return {
    async preload() {
      const [first] = setup.models;
      if (!first) return;
      if (setup.preload.includes("encoder")) await encoders(first).catch(() => {});
      if (setup.preload.includes("decoder")) await decoders(first).catch(() => {});
    },
    run(task) {
      switch (task.kind) {
        case "encode":
          return encode(modelOf(task.modelId), encoders, task);
        case "infer":
          return infer(modelOf(task.modelId), encoders, task);
        case "decode":
          return decode(task);
        case "heat-map":
          return look(modelOf(task.modelId), heatMaps, task);
        case "probe":
          return probe(setup, task);
        default:
          return task satisfies never;
      }
    },
  };
}

/** Opens once per model and releases the least recently used. */
function keepOpen<T extends { release(): Promise<void> }>(
  open: (model: Model) => Promise<T>,
): (model: Model) => Promise<T> {
  const cache = new LRUCache<string, Promise<T>>({
    max: OPEN_MODELS,
    dispose: (opened, _id, reason) => {
      if (reason === "evict") opened.then((graph) => graph.release()).catch(() => {});
    },
  });
  return (model) => {
    const known = cache.get(model.id);
    if (known) return known;
    const opened = open(model);
    cache.set(model.id, opened);
    opened.catch(() => cache.delete(model.id));
    return opened;
  };
}

/** An engine that knows no models by content runs the encoder of the first alone. */
function placeOf(model: Model, { remote, ...place }: ChildSetup): SessionPlace {
  const there = remote && (isPromptomy(remote.url) || model.id === place.models[0]?.id);
  return there ? { ...place, remote } : place;
}

async function infer(
  model: Model,
  encoders: (model: Model) => Promise<Encoder>,
  { image }: InferTask,
): Promise<InferResult> {
  const encoder = await encoders(model);
  const started = performance.now();
  return { tensors: await encoder.encode(image), ms: performance.now() - started };
}

async function encode(
  model: Model,
  encoders: (model: Model) => Promise<Encoder>,
  { slice, window, crop }: EncodeTask,
): Promise<EncodeResult> {
  const encoder = await encoders(model);
  const started = performance.now();
  const { image, transform } = modelInput(slice, { window, crop, input: model.manifest.input });
  const tensors = await encoder.encode(image);
  return { tensors, transform, ms: performance.now() - started };
}

async function look(
  model: Model,
  heatMaps: (model: Model) => Promise<HeatMap>,
  { slice, window, text }: HeatMapTask,
): Promise<HeatMapResult> {
  const { heatMap } = model.manifest;
  const opened = await heatMaps(model);
  if (!heatMap) throw new SegmenterError("FileNotFound", { name: "heatMap" });
  const started = performance.now();
  const { image } = modelInput(slice, { window, input: heatMap.input });
  return { ...(await opened.look(image, text)), ms: performance.now() - started };
}

async function decodeWith(decoder: Decoder, slice: Prepared, task: DecodeTask, started: number): Promise<DecodeResult> {
  const { masks, presence } = await decoder.decode(slice, task);
  const [best, ...rest] = masks;
  const results: DecodeResult["masks"] = [decodedMask(best), ...rest.map(decodedMask)];
  return { masks: results, ms: performance.now() - started, ...(presence !== undefined && { presence }) };
}

const decodedMask = (mask: ScoredMask): DecodedMask => ({
  rle: encodeRle(mask),
  predictedIou: mask.predictedIou,
  stabilityScore: mask.stabilityScore,
  bbox: maskBounds(mask),
  area: maskArea(mask),
  lowResLogits: mask.lowResLogits,
});
