/** What a set of files holds, for people and programs that choose. Carries UIDs, which are patient data, and no free text. */
import type { Vec3 } from "../../core/image/volume.ts";

export interface ImageEntry {
  /** What `choose` takes: 0 is the image that `readImage` opens by itself. */
  readonly index: number;
  readonly format: string;
  readonly modality: string;
  /** "image", "localizer", "secondary capture", "dose", "parametric map" or "segmentation". */
  readonly kind: string;
  /** Columns, rows, slices; undefined where only decoding tells. */
  readonly size?: Vec3;
  /** What sets it apart from the other images of its series or file: "echo 2", "another orientation", "volume 3 of 30". */
  readonly note?: string;
}

export interface SeriesEntry {
  /** Series Instance UID; undefined outside DICOM. */
  readonly uid?: string;
  readonly modality: string;
  readonly images: readonly ImageEntry[];
}

export interface StudyEntry {
  /** Study Instance UID; undefined outside DICOM. */
  readonly uid?: string;
  readonly series: readonly SeriesEntry[];
}

export interface ImageList {
  readonly studies: readonly StudyEntry[];
  /** Files that give no image, by their place among those given (from 0; the files of an archive count one by one). */
  readonly left: readonly { readonly file: number; readonly reason: string }[];
}

/** One image with the identity that sorts it into the tree. */
export interface ListedImage {
  readonly studyUid?: string | undefined;
  readonly seriesUid?: string | undefined;
  readonly file?: number | undefined;
  readonly entry: ImageEntry;
}

/** Studies → series → images, each level in the order of its best image. Outside DICOM a file is a series. */
export function treeOf(images: readonly ListedImage[]): StudyEntry[] {
  return grouped(images, ({ studyUid }) => studyUid ?? "").map((study) => ({
    ...(study[0]?.studyUid && { uid: study[0].studyUid }),
    series: grouped(study, ({ seriesUid, file, entry }) => seriesUid ?? `file ${file ?? entry.index}`).map(
      (series) => ({
        ...(series[0]?.seriesUid && { uid: series[0].seriesUid }),
        modality: series[0]?.entry.modality ?? "OT",
        images: series.map(({ entry }) => entry),
      }),
    ),
  }));
}

function grouped<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
