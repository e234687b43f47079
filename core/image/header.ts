/** What is known of an image beside its voxels, and its name by content: the same in the server and in a browser. */
import type { Digest, HashText } from "../digest.ts";
import type { ImageInfo, PlaneInfo } from "../wire/image.ts";
import { regionOf } from "./body-part.ts";
import { type Dtype, dtypeOf, littleEndianBytes } from "./dtype.ts";
import { spacingOf } from "./geometry.ts";
import { planesOf, type SliceGrid, sliceGrid } from "./slice.ts";
import type { NamedWindow, Volume, Window } from "./volume.ts";
import { windowsOf } from "./window.ts";

/** A volume without its voxels, as a server keeps it beside them on disk: plain JSON. */
export interface StoredHeader extends Omit<Volume, "data" | "source"> {
  readonly dtype: Dtype;
  /** sha256 of the voxel bytes, little-endian. */
  readonly pixels: Digest;
  readonly imageId: Digest;
  readonly info: ImageInfo;
}

/** Modality codes that may leave the reader (DICOM PS3.3 C.7.3.1.1.1); any other text becomes OT. */
const MODALITIES = new Set(
  "CT MR PT US CR DX MG NM XA RF OP OPT SM ES GM IO PX XC BI BMD DG HC TG RG OCT IVUS IVOCT SEG RTDOSE OT".split(" "),
);

/** Body Part Examined. */
const BODY_PART = "00180015";

/** Names, measures and describes a volume. Free text of the file stays behind. */
export function headerOf(volume: Volume, sha256: HashText): StoredHeader {
  const { size, channels, rescale, ijkToLps, unit, slicePositions, inverted, warnings } = volume;
  const modality = MODALITIES.has(volume.modality) ? volume.modality : "OT";
  const windows = volume.windows.map(anonymousWindow);
  const clean: Volume = { ...volume, modality, windows };
  const dtype = dtypeOf(volume.data);
  const pixels = sha256(littleEndianBytes(volume.data));
  const uneven = slicePositions && { slicePositions };
  const own = volume.sliceWindows && { sliceWindows: volume.sliceWindows.map(bare) };
  const identity = { dtype, size, channels, rescale, ijkToLps, unit, ...uneven, inverted, pixels };
  const { source } = volume; // two series may hold the same pixels
  const imageId = sha256(JSON.stringify({ ...identity, modality, windows, ...own, source }));
  return { ...identity, modality, windows, ...own, warnings, imageId, info: infoOf(clean, dtype, imageId) };
}

/** The explanation of a window (0028,1055) is free text, so windows of a file are numbered. */
function anonymousWindow({ center, width, curve }: NamedWindow, index: number): NamedWindow {
  const name = index === 0 ? "from file" : `from file ${index + 1}`;
  return { name, center, width, ...(curve && { curve }) };
}

const bare = ({ center, width }: Window): Window => ({ center, width });

/** Of a plane whose slices are those of the file, in its order. */
function ownWindows({ sliceWindows, size }: Volume, { count, toIjk }: SliceGrid): Pick<PlaneInfo, "windows"> {
  if (!sliceWindows || count !== size[2] || toIjk(1, 0, 0)[2] !== toIjk(0, 0, 0)[2]) return {};
  if (toIjk(0, 1, 0)[2] !== toIjk(0, 0, 0)[2]) return {};
  return {
    windows: Array.from({ length: count }, (_, k) => bare(sliceWindows[toIjk(0, 0, k)[2]] ?? { center: 0, width: 1 })),
  };
}

function infoOf(volume: Volume, dtype: Dtype, imageId: Digest): ImageInfo {
  const { size, channels, rescale, ijkToLps, unit, inverted, modality, warnings } = volume;
  const [si, sj, sk] = spacingOf(ijkToLps);
  const bodyPart = regionOf(volume.source?.attributes[BODY_PART]?.value);
  return {
    imageId,
    kind: size[2] > 1 ? "volume" : "image",
    modality,
    ...(bodyPart && { bodyPart }),
    channels,
    dtype,
    size: [...size],
    spacing: unit === "mm" ? [si, sj, sk] : null,
    ijkToLps: [...ijkToLps],
    ...(volume.slicePositions && { slicePositions: volume.slicePositions.map(([x, y, z]) => [x, y, z]) }),
    rescale: { ...rescale },
    inverted,
    windows: windowsOf(volume).map(({ curve, ...window }) => ({
      ...window,
      ...(curve && { curve: { ...curve, greys: [...curve.greys] } }),
    })),
    planes: planesOf(volume).map((plane) => {
      const grid = sliceGrid(volume, plane);
      const { width, height, count, spacingMm, xyToLps } = grid;
      const size = { width, height, count, spacingMm: spacingMm ? [...spacingMm] : null } satisfies Partial<PlaneInfo>;
      return { plane, ...size, xyToLps: [...xyToLps], ...ownWindows(volume, grid) };
    }),
    hasSource: volume.source !== undefined,
    warnings: [...warnings],
  };
}
