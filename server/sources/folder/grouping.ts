/** Files of a folder → series, by what each says at its start. Nothing is opened here. */
import { dirname, extname } from "node:path";
import type { StudySeries } from "../../../core/wire/index.ts";
import type { FileHead } from "../../../formats/index.ts";

/** A series with its files; `key` tells it from the others of the folder. */
export interface FolderSeries extends Omit<StudySeries, "seriesId" | "files"> {
  readonly key: string;
  readonly studyKey: string;
  readonly paths: readonly string[];
  /** The lowest is opened first. */
  readonly rank: number;
  readonly date?: string | undefined;
  readonly studyDescription?: string | undefined;
}

export interface Grouped {
  /** The one to open first comes first. */
  readonly series: readonly FolderSeries[];
  /** Files of no format that is read here. */
  readonly unknown: number;
}

interface File {
  readonly path: string;
  readonly head: FileHead;
}

const PICTURES = new Set(["PNG", "JPEG", "WebP", "TIFF"]);
/** Volumes of other formats come after what DICOM says of itself, before lists of pictures. */
const RANK = { volume: 2, pictures: 2.5, without: 9 };

export function groupFiles(paths: readonly string[], heads: readonly (FileHead | null)[]): Grouped {
  const files = paths.flatMap((path, n): File[] => {
    const head = heads[n];
    return head ? [{ path, head }] : [];
  });
  const unknown = paths.filter((_, n) => !heads[n]);
  const dicom = files.filter(({ head }) => head.dicom);
  const pictures = files.filter(({ head }) => PICTURES.has(head.format));
  const volumes = files.filter((file) => !file.head.dicom && !pictures.includes(file));
  const paired = new Set(volumes.flatMap(({ path }) => besides(path, unknown)));
  const series = [
    ...grouped(dicom, dicomKey).map(dicomSeries),
    ...volumes.map((file) => volumeSeries(file, besides(file.path, unknown))),
    ...grouped(pictures, ({ path }) => dirname(path)).map(pictureSeries),
  ];
  return {
    series: series.toSorted((a, b) => a.rank - b.rank || slicesOf(b) - slicesOf(a)),
    unknown: unknown.filter((path) => !paired.has(path)).length,
  };
}

const slicesOf = ({ size, paths }: FolderSeries): number => size?.[2] ?? paths.length;

/** Files without a UID belong to the study of their folder. */
const studyKeyOf = ({ path, head: { dicom } }: File): string => dicom?.studyUid ?? `folder ${dirname(path)}`;
const dicomKey = (file: File): string => `${studyKeyOf(file)} ${file.head.dicom?.seriesUid ?? ""}`;

function dicomSeries(files: readonly File[]): FolderSeries {
  const heads = files.flatMap(({ head }) => head.dicom ?? []);
  const best = heads.toSorted((a, b) => a.object.rank - b.object.rank)[0];
  const first = files[0];
  if (!best || !first) throw new TypeError("A series has files.");
  const { object, size, seriesNumber, description, studyDate, studyDescription } = best;
  const ordered = files.toSorted((a, b) => (a.head.dicom?.instance ?? 0) - (b.head.dicom?.instance ?? 0));
  const slices = heads.reduce((sum, { frames }) => sum + frames, 0);
  return {
    key: dicomKey(first),
    studyKey: studyKeyOf(first),
    paths: ordered.map(({ path }) => path),
    format: "DICOM",
    modality: object.modality,
    kind: object.kind,
    rank: size ? object.rank : RANK.without,
    ...(size ? { size: [size[0], size[1], slices] } : { reason: "It is a DICOM object without pixels." }),
    ...(seriesNumber === undefined ? {} : { number: seriesNumber }),
    ...(description === undefined ? {} : { description }),
    date: studyDate,
    studyDescription,
  };
}

function volumeSeries({ path, head: { format } }: File, data: readonly string[]): FolderSeries {
  const studyKey = `folder ${dirname(path)}`;
  return { key: path, studyKey, paths: [path, ...data], format, modality: "OT", kind: "image", rank: RANK.volume };
}

function pictureSeries(files: readonly File[]): FolderSeries {
  const paths = files.map(({ path }) => path);
  const folder = `folder ${dirname(paths[0] ?? "")}`;
  const { format } = files[0]?.head ?? { format: "PNG" };
  return { key: folder, studyKey: folder, paths, format, modality: "OT", kind: "pictures", rank: RANK.pictures };
}

/** The data of a header that is a file of its own (MetaImage, NRRD, Analyze): the same name, another ending. */
function besides(path: string, unknown: readonly string[]): string[] {
  const stem = path.slice(0, path.length - extname(path).length);
  return unknown.filter((other) => other.startsWith(`${stem}.`));
}

function grouped(files: readonly File[], key: (file: File) => string): File[][] {
  const groups = new Map<string, File[]>();
  for (const file of files) {
    const group = groups.get(key(file));
    if (group) group.push(file);
    else groups.set(key(file), [file]);
  }
  return [...groups.values()];
}
