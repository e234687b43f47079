/** A segmentation of the phantom on any grid, and the DICOM series that it may have come from. */
import type { Segment, Segmentation, SliceMask } from "../../../core/annotation/segmentation.ts";
import type { ImageSource } from "../../../core/image/source.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { decodeRle } from "../../../core/mask/rle.ts";
import type { ImportResult } from "../../../core/wire/import.ts";
import type { Target } from "../../../formats/index.ts";
import type { Provenance } from "../../../formats/write/dicom/provenance.ts";
import { sha256 } from "../../../server/disk/sha256.ts";
import { phantom, SIZE } from "./phantom.ts";

/** One of each kind of name: coded, with letters beyond ASCII, of a gap in the numbers. */
const NAMES: readonly Omit<Segment, "id" | "hidden" | "locked">[] = [
  { number: 1, name: "liver", colour: "#E69F00", code: { scheme: "SCT", value: "10200004", meaning: "Liver" } },
  { number: 2, name: "Größe, Узел", colour: "#56B4E9" },
  { number: 5, name: "spot", colour: "#009E73" },
];
export const SEGMENTS: readonly Segment[] = NAMES.map((segment, n) => ({
  ...segment,
  id: `s${n + 1}`,
  hidden: false,
  locked: false,
}));

export interface Grid {
  readonly ijkToLps: Mat4;
  readonly size?: Vec3;
  readonly slicePositions?: readonly Vec3[];
  readonly unit?: "mm" | "px";
}

/** The phantom's three segments; the first one once more as a part of the second, so that they overlap. */
export function resultOn({ ijkToLps, size = SIZE, slicePositions, unit = "mm" }: Grid): Segmentation {
  const [columns, rows, slices] = size;
  const labels = phantom(size);
  const masks = SEGMENTS.flatMap(({ id }, n) =>
    Array.from({ length: slices }, (_, slice): SliceMask => {
      const plane = labels.subarray(slice * columns * rows, (slice + 1) * columns * rows);
      const data = Uint8Array.from(plane, (value) => +(value === n + 1 || (n === 1 && value === 1)));
      return {
        segmentId: id,
        plane: "native",
        slice,
        mask: { width: columns, height: rows, data },
        origin: n === 2 ? "edited" : "prompted",
      };
    }),
  ).filter(({ mask }) => mask.data.includes(1));
  const header = {
    imageId: `sha256:${"5".repeat(64)}` as const,
    size,
    ijkToLps,
    unit,
    ...(slicePositions && { slicePositions }),
  };
  return { header, segments: SEGMENTS, masks };
}

export const targetOf = (
  { ijkToLps, size = SIZE, slicePositions, unit = "mm" }: Grid,
  source?: ImageSource,
): Target => ({
  ...{ size, ijkToLps, unit },
  ...(slicePositions && { slicePositions }),
  ...(source?.frameOfReferenceUid && { frameOfReferenceUid: source.frameOfReferenceUid }),
});

/** A CT series of one instance a slice; the patient's name is of ISO 8859-1, a character a byte. */
export function sourceOn({ size = SIZE }: Partial<Grid>, modality = "CT"): ImageSource {
  return {
    studyInstanceUid: "1.2.3",
    seriesInstanceUid: "1.2.3.4",
    frameOfReferenceUid: "1.2.3.5",
    slices: Array.from({ length: size[2] }, (_, k) => ({
      sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
      sopInstanceUid: `1.2.3.6.${k + 1}`,
      frame: 1,
    })),
    attributes: {
      "00080005": { vr: "CS", value: "ISO_IR 100" },
      "00080060": { vr: "CS", value: modality },
      "00080020": { vr: "DA", value: "20240102" },
      "00100010": { vr: "PN", value: "M\xfcller^J\xfcrgen" },
      "00100020": { vr: "LO", value: "4711" },
    },
  };
}

export const provenance = (source?: ImageSource): Provenance => ({
  version: "0.1.0",
  model: { id: "tiny", version: "1", digest: sha256("encoder") },
  at: new Date("2026-01-02T03:04:05Z"),
  digest: sha256,
  ...(source && { source }),
});

/** Voxels of every segment as `segment, i, j, k`, to compare results whatever their order of slices. */
export function voxelsOf(
  masks: readonly { segment: number; slice: number; data: Uint8Array }[],
  columns: number,
): string[] {
  return masks
    .flatMap(({ segment, slice, data }) =>
      Array.from(data.keys())
        .filter((n) => data[n])
        .map((n) => `${segment} ${n % columns} ${Math.floor(n / columns)} ${slice}`),
    )
    .toSorted();
}

export const voxelsOfResult = ({ segments, masks, header }: Segmentation): string[] =>
  voxelsOf(
    masks.map(({ segmentId, slice, mask }) => ({
      segment: segments.findIndex(({ id }) => id === segmentId),
      slice,
      data: mask.data,
    })),
    header.size[0],
  );

export const voxelsOfImport = ({ segments }: ImportResult, columns: number): string[] =>
  voxelsOf(
    segments.flatMap(({ masks }, segment) =>
      masks.map(({ slice, rle }) => ({ segment, slice, data: decodeRle(rle).data })),
    ),
    columns,
  );
