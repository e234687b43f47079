/** `.seg.nrrd` as 3D Slicer reads it: labelmaps with names, colours and codes; segments that overlap lie in layers. */
import { gzipSync } from "fflate";
import { rgbOf, type Segment, type Segmentation } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import { axisOf } from "../../core/image/geometry.ts";
import type { Vec3 } from "../../core/image/volume.ts";
import { nativeSlices } from "./native-slices.ts";
import { gridChanges, rectify } from "./raster/rectify.ts";
import type { Write } from "./writer.ts";

/** More than this is not built in one piece. */
const MOST_BYTES = 2 ** 30;

export const writeSegNrrd: Write = (segmentation, { stem }) => ({
  covered: [],
  changes: gridChanges(segmentation.header),
  files: () => [{ name: `${stem}.seg.nrrd`, type: "application/octet-stream", bytes: fileOf(segmentation) }],
});

interface Layers {
  readonly labels: readonly (Uint8Array | Uint16Array)[];
  /** The layer of each segment. */
  readonly layerOf: readonly number[];
}

function fileOf(segmentation: Segmentation): Uint8Array<ArrayBuffer> {
  const { segments, header } = segmentation;
  const { labels, layerOf } = layersOf(segmentation);
  const { size, ijkToLps, slicePositions } = header;
  const straight = labels
    .map((one) => rectify({ labels: one, size, ijkToLps, ...(slicePositions && { slicePositions }) }))
    .map(({ labelmap }) => labelmap);
  const [first] = straight;
  if (!first) throw new SegmenterError("CannotExport", { format: "seg-nrrd", reason: "there is no segment" });
  const data = straight.length === 1 ? first.labels : interleaved(straight.map((one) => one.labels));
  const layered = straight.length > 1;
  const vector = (v: Vec3) => `(${v.join(",")})`;
  const directions = ([0, 1, 2] as const).map((n) => vector(axisOf(first.ijkToLps, n)));
  const lines = [
    "NRRD0004",
    `type: ${data instanceof Uint16Array ? "unsigned short" : "unsigned char"}`,
    `dimension: ${layered ? 4 : 3}`,
    "space: left-posterior-superior",
    `sizes: ${[...(layered ? [straight.length] : []), ...first.size].join(" ")}`,
    `space directions: ${[...(layered ? ["none"] : []), ...directions].join(" ")}`,
    `kinds: ${[...(layered ? ["list"] : []), "domain", "domain", "domain"].join(" ")}`,
    "endian: little",
    "encoding: gzip",
    `space origin: ${vector([first.ijkToLps[3] ?? 0, first.ijkToLps[7] ?? 0, first.ijkToLps[11] ?? 0])}`,
    ...segments.flatMap((segment, n) => keysOf(segment, n, layerOf[n] ?? 0, first.size)),
    "Segmentation_ContainedRepresentationNames:=Binary labelmap|",
    "Segmentation_MasterRepresentation:=Binary labelmap",
    "Segmentation_ReferenceImageExtentOffset:=0 0 0",
  ];
  const head = new TextEncoder().encode(`${lines.join("\n")}\n\n`);
  const body = gzipSync(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const out = new Uint8Array(head.length + body.length);
  out.set(head);
  out.set(body, head.length);
  return out;
}

/** Each segment in the first layer in which it covers nothing. */
function layersOf(segmentation: Segmentation): Layers {
  const { segments, header } = segmentation;
  const [columns, rows, slices] = header.size;
  const wide = segments.some(({ number }) => number > 255);
  const labels: (Uint8Array | Uint16Array)[] = [];
  const layerOf = segments.map((segment) => {
    const planes = nativeSlices(segmentation, segment);
    const free = labels.findIndex((layer) =>
      planes.every(({ k, data }) => data.every((inside, n) => !inside || layer[k * columns * rows + n] === 0)),
    );
    const at = free >= 0 ? free : labels.length;
    const bytes = (at + 1) * columns * rows * slices * (wide ? 2 : 1);
    if (bytes > MOST_BYTES)
      throw new SegmenterError("TooLarge", { what: "layers in bytes", value: bytes, limit: MOST_BYTES });
    const layer = labels[at] ?? new (wide ? Uint16Array : Uint8Array)(columns * rows * slices);
    labels[at] = layer;
    for (const { k, data } of planes)
      for (let n = 0; n < data.length; n++) if (data[n]) layer[k * columns * rows + n] = segment.number;
    return at;
  });
  return { labels, layerOf };
}

/** Voxel i of layer n at n + layers · i: the list axis runs fastest. */
function interleaved(layers: readonly (Uint8Array | Uint16Array)[]): Uint8Array | Uint16Array {
  const length = layers.reduce((sum, layer) => sum + layer.length, 0);
  const out = layers[0] instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
  for (const [n, layer] of layers.entries())
    for (let from = 0, to = n; from < layer.length; from++, to += layers.length) out[to] = layer[from] ?? 0;
  return out;
}

const line = (text: string) => text.replaceAll(/[\r\n]+/g, " ");

function keysOf({ id, number, name, colour, code }: Segment, n: number, layer: number, [i, j, k]: Vec3): string[] {
  const key = (field: string, value: string | number) => `Segment${n}_${field}:=${line(String(value))}`;
  const anatomy = "SCT^123037004^Anatomical Structure";
  const tags = code
    ? `TerminologyEntry:Segmentation category and type - DICOM master list~${anatomy}~${code.scheme}^${code.value}^${code.meaning}~^^~Anatomic codes - DICOM master list~^^~^^|`
    : "";
  return [
    key("ID", id),
    key("Name", name),
    key("NameAutoGenerated", 0),
    key(
      "Color",
      rgbOf(colour)
        .map((value) => (value / 255).toFixed(6))
        .join(" "),
    ),
    key("ColorAutoGenerated", 0),
    key("LabelValue", number),
    key("Layer", layer),
    key("Extent", `0 ${i - 1} 0 ${j - 1} 0 ${k - 1}`),
    key("Tags", tags),
  ];
}
