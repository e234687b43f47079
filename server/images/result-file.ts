/** A result of the wire → the bytes of a file. Runs in the reading process: packing a volume of masks takes seconds. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  type Segment,
  type Segmentation,
  type SliceMask,
  segmentationHeader,
} from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ExportRequest, ImageInfo } from "../../core/wire/index.ts";
import { type Provenance, SEGMENTATION_FORMATS, type SegmentationFile, writeZip } from "../../formats/index.ts";
import { writeSynced } from "../disk/durable.ts";
import { sha256 } from "../disk/sha256.ts";
import type { WriteOrder, WriteTask, WrittenFile } from "./reader.ts";
import { diskError } from "./spool.ts";

/** Distinct for eight segments without a colour of their own (Okabe and Ito 2008). */
const COLOURS = ["#56B4E9", "#E69F00", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999"] as const;

/** Carries out the order at `path`. Throws CannotExport, InvalidRequest and what the writers throw. */
export async function writeResult({ path, out }: Pick<WriteTask, "path" | "out">): Promise<WrittenFile> {
  const order: WriteOrder = JSON.parse(await readFile(path, "utf8")); // the server's own words
  const file = await fileOf(order);
  await writeSynced(out, [file.bytes]).catch((thrown) => Promise.reject(diskError(thrown)));
  return { name: file.name, type: file.type };
}

async function fileOf({
  request,
  info,
  source,
  version,
  model,
  values = [],
  at,
}: WriteOrder): Promise<SegmentationFile> {
  const format = SEGMENTATION_FORMATS.find(({ id }) => id === request.format);
  if (!format) throw new SegmenterError("CannotExport", { format: request.format, reason: "no such format" });
  if (format.volumesOnly && info.kind !== "volume")
    throw new SegmenterError("CannotExport", { format: format.id, reason: "it is for volumes: choose png or coco" });
  const provenance: Provenance = {
    ...{ version, at: new Date(at), digest: sha256 },
    ...(source && { source }),
    ...(request.deidentify && { deidentify: { secret: randomUUID() } }),
    ...(model && { model }),
  };
  // The id tells which image it was.
  const short = info.imageId.slice("sha256:".length, "sha256:".length + 8);
  const stem = request.name ?? (request.deidentify ? "segmentation" : short);
  const overlap = overlapOf(request, format);
  const write = await format.load();
  const { slice, imageUri } = request;
  const segmentation = segmentationOf(request, info);
  const measured = new Map(segmentation.segments.flatMap(({ id }, n) => (values[n] ? [[id, values[n]] as const] : [])));
  const options = {
    stem,
    overlap,
    provenance,
    values: measured,
    ...(slice && { slice }),
    ...(imageUri && { imageUri }),
  };
  const files = write(segmentation, options).files();
  const [only] = files;
  if (only && files.length === 1) return only;
  return { name: `${stem}.zip`, type: "application/zip", bytes: writeZip(files) };
}

type Format = (typeof SEGMENTATION_FORMATS)[number];

function overlapOf({ overlap }: ExportRequest, { id, overlaps }: Format): NonNullable<ExportRequest["overlap"]> {
  const ways: readonly string[] = overlaps;
  if (overlap !== undefined && ways.length > 0 && !ways.includes(overlap))
    throw new SegmenterError("CannotExport", { format: id, reason: `overlap is one of ${ways.join(", ")}` });
  return overlap ?? overlaps[0] ?? "smaller";
}

function segmentationOf({ segments, plane }: ExportRequest, info: ImageInfo): Segmentation {
  const header = segmentationHeader(info);
  const listed = segments.map(({ id, number, name, colour, code, laterality }, n): Segment => {
    const own = COLOURS[n % COLOURS.length] ?? COLOURS[0];
    const flags = { hidden: false, locked: false, ...(code && { code }), ...(laterality && { laterality }) };
    return { id: id ?? `segment-${n + 1}`, number: number ?? n + 1, name, colour: colour ?? own, ...flags };
  });
  refuseTwice(listed);
  const masks = segments.flatMap(({ masks = [] }, n) =>
    masks.map(({ plane: own, slice, rle, origin, byName }): SliceMask => {
      const at = { plane: own ?? plane, slice };
      const { width, height } = planeOf(info, at.plane, at.slice);
      const mask = decodeRle(rle);
      if (mask.width !== width || mask.height !== height)
        throw invalid(`a mask of this plane is ${width} × ${height}, got ${mask.width} × ${mask.height}`);
      return { segmentId: listed[n]?.id ?? "", ...at, mask, origin, ...(byName && { byName }) };
    }),
  );
  return { header, segments: listed, masks };
}

function refuseTwice(segments: readonly Segment[]): void {
  if (new Set(segments.map(({ id }) => id)).size < segments.length) throw invalid("two segments have one id");
  if (new Set(segments.map(({ number }) => number)).size < segments.length)
    throw invalid("two segments have one number");
}

const invalid = (reason: string) => new SegmenterError("InvalidRequest", { reason, path: "segments" });
