/** A state file as Kitware's VolView opens it (its version 6.2.0): segment groups on an image that it finds by an address. */
import { rgbOf, type Segment, type Segmentation } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import { layersOf } from "./raster/layers.ts";
import { writeNiftiLabelmap } from "./raster/nifti.ts";
import { gridChanges } from "./raster/rectify.ts";
import { type SegmentationFile, textFile, type Write } from "./writer.ts";

const VERSION = "6.2.0";
/** Its labelmaps have eight bits. */
const MOST = 255;
/** Number of the image among the sources; the labelmaps follow. */
const IMAGE = 0;

/** The state and a labelmap for each group. Segments that overlap are in different groups; numbers begin at 1. */
export const writeVolView: Write = (segmentation, { stem, imageUri }) => ({
  covered: [],
  changes: gridChanges(segmentation.header),
  files: () => filesOf(segmentation, { stem, imageUri: imageUri ?? `${stem}.zip` }),
});

function filesOf(given: Segmentation, at: { stem: string; imageUri: string }): readonly SegmentationFile[] {
  const count = given.segments.length;
  if (count > MOST)
    throw new SegmenterError("CannotExport", { format: "volview", reason: `it holds ${MOST} segments, not ${count}` });
  const segments = given.segments.map((segment, n) => ({ ...segment, number: n + 1 }));
  const { size, ijkToLps, slicePositions } = given.header;
  const { labels, layerOf } = layersOf({ ...given, segments });
  const groups = labels.map((one, layer) => ({
    name: labels.length === 1 ? `${at.stem}.nii.gz` : `${at.stem}-${layer + 1}.nii.gz`,
    segments: segments.filter((_, n) => layerOf[n] === layer),
    labels: one,
  }));
  const maps = groups.map(({ name, labels: one }): SegmentationFile => {
    const labelmap = { labels: one, size, ijkToLps, ...(slicePositions && { slicePositions }) };
    return { name, type: "application/gzip", bytes: writeNiftiLabelmap(labelmap, { gzip: true }) };
  });
  const state = stateOf(groups, at.imageUri);
  return [textFile(`${at.stem}.volview.json`, "application/json", JSON.stringify(state, null, 1)), ...maps];
}

interface Group {
  readonly name: string;
  readonly segments: readonly Segment[];
}

/** Without `datasets` older versions take every source for one, and newer ones the labelmaps too. */
const stateOf = (groups: readonly Group[], imageUri: string) => ({
  version: VERSION,
  dataSources: [imageUri, ...groups.map(({ name }) => name)].map((uri, id) => ({ id, type: "uri", uri })),
  datasets: [{ id: String(IMAGE), dataSourceId: IMAGE }],
  segmentGroups: groups.map(({ segments }, n) => ({
    id: `group-${n + 1}`,
    dataSourceId: n + 1,
    metadata: {
      name: groups.length === 1 ? "Promptomy" : `Promptomy ${n + 1}`,
      parentImage: String(IMAGE),
      segments: {
        order: segments.map(({ number }) => number),
        byValue: Object.fromEntries(segments.map((segment) => [segment.number, maskOf(segment)])),
      },
    },
  })),
});

const maskOf = ({ number, name, colour, hidden, locked }: Segment) => ({
  ...{ value: number, name, color: [...rgbOf(colour), 255] },
  ...{ visible: !hidden, locked },
});
