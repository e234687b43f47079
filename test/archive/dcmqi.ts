/** dcmqi as itk-wasm packs it: DICOM SEG to and from voxels in patient space, in Node, of no code of ours. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { axisOf, lpsToIjk, spacingOf, transformPoint } from "../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../core/image/volume.ts";
import { repositoryRoot } from "../support/data.ts";

/** Where `scripts/peers.mjs` installs it. */
const entry = join(repositoryRoot, "test/archive/node_modules/@itk-wasm/dicom/dist/index-node.js");

/** For suites: skipped with a sentence where it is not there. */
export const needsDcmqi = existsSync(entry)
  ? {}
  : { skip: true, meta: { needs: "dcmqi (npm run test:peers installs it)" } };

/** Of ITK: index to LPS is origin + direction · spacing · index; components of a voxel lie together. */
export interface ItkImage {
  readonly imageType: { dimension: number; componentType: string; pixelType: string; components: number };
  readonly name: string;
  readonly origin: readonly number[];
  readonly spacing: readonly number[];
  /** Rows of a 3 × 3 matrix, an axis a column. */
  readonly direction: Float64Array;
  readonly size: readonly number[];
  readonly metadata: Map<string, unknown>;
  readonly data: Int16Array;
}

interface Code {
  readonly CodeValue: string;
  readonly CodingSchemeDesignator: string;
  readonly CodeMeaning: string;
}

/** A segment in dcmqi's own words. */
export interface DcmqiSegment {
  readonly labelID: number;
  readonly SegmentLabel: string;
  readonly SegmentDescription: string;
  readonly SegmentAlgorithmType: string;
  readonly SegmentAlgorithmName?: string;
  readonly SegmentedPropertyCategoryCodeSequence: Code;
  readonly SegmentedPropertyTypeCodeSequence: Code;
  readonly TrackingUniqueIdentifier?: string;
  readonly recommendedDisplayRGBValue: readonly [number, number, number];
}

/** `segmentAttributes`: a list for each layer of segments that do not overlap. */
export interface DcmqiMeta {
  readonly segmentAttributes: readonly (readonly DcmqiSegment[])[];
  readonly [attribute: string]: unknown;
}

/** What we use of `@itk-wasm/dicom`; its own types are installed with the peers only. */
interface ItkDicom {
  readOverlappingSegmentationNode(file: string): Promise<{ segImage: ItkImage; metaInfo: DcmqiMeta }>;
  writeSegmentationNode(
    image: ItkImage,
    meta: DcmqiMeta,
    file: string,
    options: { refDicomSeries: readonly string[] },
  ): Promise<object>;
  structuredReportToTextNode(file: string): Promise<{ outputText: string }>;
}

/** All its functions want absolute paths; a folder for them is there until `use` ends. */
export async function withDcmqi<T>(use: (dcmqi: ItkDicom, dir: string) => Promise<T>): Promise<T> {
  const dcmqi: ItkDicom = await import(pathToFileURL(entry).href);
  const dir = await mkdtemp(join(tmpdir(), "dcmqi-"));
  try {
    return await use(dcmqi, dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What dcmqi finds in a SEG: its segments in order, and each one's voxels as `segment i j k` of the given grid, sorted. */
export function readByDcmqi(seg: Uint8Array, ijkToLps: Mat4): Promise<{ segments: DcmqiSegment[]; voxels: string[] }> {
  return withDcmqi(async (dcmqi, dir) => {
    await writeFile(join(dir, "seg.dcm"), seg);
    const { segImage, metaInfo } = await dcmqi.readOverlappingSegmentationNode(join(dir, "seg.dcm"));
    const segments = metaInfo.segmentAttributes.flat().toSorted((a, b) => a.labelID - b.labelID);
    return { segments, voxels: voxelsIn(segImage, ijkToLps) };
  });
}

/** Throws where a voxel is farther than 1e-4 mm from every voxel of the grid. */
function voxelsIn({ data, size, imageType, ...at }: ItkImage, ijkToLps: Mat4): string[] {
  const [columns = 0, rows = 0] = size;
  const toLps = affineOf(at);
  const toIjk = lpsToIjk(ijkToLps);
  const found: string[] = [];
  data.forEach((label, n) => {
    if (label === 0) return;
    const voxel = Math.floor(n / imageType.components);
    const index: Vec3 = [voxel % columns, Math.floor(voxel / columns) % rows, Math.floor(voxel / (columns * rows))];
    const lps = transformPoint(toLps, index);
    const [i, j, k] = transformPoint(toIjk, lps).map(Math.round) as [number, number, number];
    const off = Math.hypot(...transformPoint(ijkToLps, [i, j, k]).map((mm, axis) => mm - (lps[axis] ?? 0)));
    if (off > 1e-4) throw new Error(`A voxel is ${off} mm beside the grid.`);
    found.push(`${label - 1} ${i} ${j} ${k}`);
  });
  return found.toSorted();
}

function affineOf({ origin, spacing, direction }: Pick<ItkImage, "origin" | "spacing" | "direction">): Mat4 {
  const row = (r: 0 | 1 | 2) => [0, 1, 2].map((c) => (direction[r * 3 + c] ?? 0) * (spacing[c] ?? 0));
  return [...row(0), origin[0] ?? 0, ...row(1), origin[1] ?? 0, ...row(2), origin[2] ?? 0, 0, 0, 0, 1];
}

/** Labels on a right-angled grid as ITK holds them. */
export function itkImage(data: Int16Array, { size, ijkToLps }: { size: Vec3; ijkToLps: Mat4 }): ItkImage {
  const spacing = spacingOf(ijkToLps);
  const axes = ([0, 1, 2] as const).map((n) => axisOf(ijkToLps, n).map((mm) => mm / spacing[n]));
  return {
    imageType: { dimension: 3, componentType: "int16", pixelType: "Scalar", components: 1 },
    name: "labels",
    origin: transformPoint(ijkToLps, [0, 0, 0]),
    spacing,
    direction: Float64Array.from([0, 1, 2].flatMap((r) => axes.map((axis) => axis[r] ?? 0))),
    size,
    metadata: new Map(),
    data,
  };
}
