/** A segmentation as NIfTI: a labelmap, a mask for each segment, or a 4-D file with a volume for each. */
import { labelmapOf } from "../../core/annotation/labelmap.ts";
import type { Segment, Segmentation } from "../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../core/errors.ts";
import { writeNiftiLabelmap } from "./raster/nifti.ts";
import { gridChanges } from "./raster/rectify.ts";
import { writeSidecars } from "./sidecar.ts";
import { type SegmentationFile, segmentName, type Write, type Written } from "./writer.ts";

const GZIP = "application/gzip";

/** More than this is not built in one piece. */
const MOST_BYTES = 2 ** 30;

export const writeNiftiSegmentation: Write = (segmentation, { stem, overlap }) => {
  const name = `${stem}_dseg`;
  const written: Written =
    overlap === "separate"
      ? { covered: [], files: () => maskFiles(segmentation, stem) }
      : overlap === "4d"
        ? { covered: [], files: () => [stackFile(segmentation, name)] }
        : labelmapFile(segmentation, name, overlap);
  const { covered } = written;
  const sidecars = () => writeSidecars(segmentation, { stem: name, overlap, covered });
  const changes = gridChanges(segmentation.header);
  return { covered, changes, files: () => [...written.files(), ...sidecars()] };
};

function labelmapFile(segmentation: Segmentation, name: string, overlap: "smaller" | "later" | "earlier"): Written {
  const { covered, ...labelmap } = labelmapOf(segmentation, overlap);
  const bytes = () => writeNiftiLabelmap(labelmap, { gzip: true });
  return { covered, files: () => [{ name: `${name}.nii.gz`, type: GZIP, bytes: bytes() }] };
}

/** One segment alone, as ones. */
const maskOf = ({ header, masks }: Segmentation, segment: Segment) =>
  labelmapOf({
    header,
    segments: [{ ...segment, number: 1 }],
    masks: masks.filter(({ segmentId }) => segmentId === segment.id),
  });

const maskFiles = (segmentation: Segmentation, stem: string): readonly SegmentationFile[] =>
  segmentation.segments.map((segment) => ({
    name: `${stem}_${segmentName(segment)}_mask.nii.gz`,
    type: GZIP,
    bytes: writeNiftiLabelmap(maskOf(segmentation, segment), { gzip: true }),
  }));

/** Volumes in the order of the segment list, which the sidecars say. */
function stackFile(segmentation: Segmentation, name: string): SegmentationFile {
  const { header, segments } = segmentation;
  const [columns, rows, slices] = header.size;
  const voxels = columns * rows * slices;
  const total = voxels * segments.length;
  if (total > MOST_BYTES) throw new SegmenterError("TooLarge", { what: "4-D file", value: total, limit: MOST_BYTES });
  const labels = new Uint8Array(total);
  segments.forEach((segment, n) => {
    labels.set(maskOf(segmentation, segment).labels, n * voxels);
  });
  const { size, ijkToLps } = header;
  const bytes = writeNiftiLabelmap({ labels, size, ijkToLps, volumes: segments.length }, { gzip: true });
  return { name: `${name}.nii.gz`, type: GZIP, bytes };
}
