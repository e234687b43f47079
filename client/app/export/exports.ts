/** Exports and project files: what leaves this browser, always as a download. */
import { labelmapOf } from "../../../core/annotation/labelmap.ts";
import { type Segmentation, shownOnly } from "../../../core/annotation/segmentation.ts";
import type { Digest } from "../../../core/digest.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { Rle } from "../../../core/wire/index.ts";
import { lackOf, SEGMENTATION_FORMATS, type SegmentationFormatId } from "../../../formats/write/registry.ts";
import type { OverlapChoice, SegmentationFile, SegmentationFormat, Written } from "../../../formats/write/writer.ts";
import type { ExportOrder, Segmenter } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { shortId } from "../kept/work.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf } from "../state/places.ts";
import { collect } from "./collect.ts";
import { download } from "./download.ts";

export interface ExportChoice {
  readonly format: SegmentationFormatId;
  readonly overlap: OverlapChoice;
  /** Hidden segments too. */
  readonly hidden: boolean;
  /** DICOM without anything that tells of a person. */
  readonly deidentify: boolean;
}

export interface Prepared extends Written {
  readonly segmentation: Segmentation;
}

export type SaveListener = (files: readonly SegmentationFile[]) => boolean;

export type OfferedFormat = SegmentationFormat & {
  readonly id: SegmentationFormatId;
  readonly lack: ReturnType<typeof lackOf>;
};

export interface Exports {
  /** Every format, with what the open image lacks for it. */
  formats(): readonly OfferedFormat[];
  /** Waits for every mask, then tells what would be lost; nothing is written yet. */
  prepare(choice: ExportChoice, signal: AbortSignal): Promise<Prepared>;
  /** What was prepared, one DICOM object each; an object comes before the report that refers to it. */
  objects(prepared: Prepared): Promise<readonly Blob[]>;
  /** Downloads what was prepared, unless a listener takes it; gives the file's name. */
  save(prepared: Prepared): string;
  /** The listener gets what is about to be downloaded, and says by `true` that it takes it instead. */
  onSave(listener: SaveListener): () => void;
  /** Tries the masks again that could not be computed. */
  retry(): void;
  download(name: string, text: string): void;
}

type Archives = typeof import("../../../formats/write/zip.ts");

interface ExportOptions {
  readonly retry: () => void;
  /** Run lengths of a mask that stands in the log by its digest. */
  readonly kept: (mask: Digest) => Promise<Rle>;
}

export function createExports({ store, segmenter }: Context, { retry, kept }: ExportOptions): Exports {
  const listeners = new Set<SaveListener>();
  /** Here before anything is prepared: what is said to be saved must not need the server any more. */
  let archives: Archives | undefined;
  return {
    onSave(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    formats() {
      const { image } = store.state;
      return SEGMENTATION_FORMATS.map((format) => ({ ...format, lack: image && lackOf(format, image.info) }));
    },
    async prepare({ format: id, overlap, hidden, deidentify }, signal) {
      const format = this.formats().find((candidate) => candidate.id === id);
      const { image } = store.state;
      if (!format || !image) throw new RangeError(`Expected a format and an open image, got ${id}.`);
      archives ??= await import("../../../formats/write/zip.ts");
      const whole = await collect({ store, segmenter, kept }, { here: format.scope === "slice", signal });
      const segmentation = hidden ? whole : shownOnly(whole);
      if (format.dicomOnly)
        return {
          ...(await byServer(await segmenter(), image, { segmentation, format, deidentify, overlap, signal })),
          segmentation,
        };
      const write = await format.load();
      signal.throwIfAborted();
      const imageUri = SUFFIX.test(image.name) ? { imageUri: image.name } : {};
      const written = write(segmentation, { stem: stemOf(image), overlap, slice: placeOf(image), ...imageUri });
      return { ...written, segmentation };
    },
    objects: async (prepared) => {
      const { filesOfZip } = await import("../../../formats/write/zip.ts");
      const lists = prepared
        .files()
        .map(({ name, type, bytes }) =>
          type === "application/zip" ? [...filesOfZip(bytes)] : [[name, bytes] as const],
        );
      const reportsLast = lists
        .flat()
        .toSorted(([a], [b]) => Number(a.endsWith(".sr.dcm")) - Number(b.endsWith(".sr.dcm")));
      return reportsLast.map(([, bytes]) => new Blob([bytes], { type: "application/dicom" }));
    },
    save(prepared) {
      const files = prepared.files();
      const [first] = files;
      const takers = [...listeners].filter((listener) => listener(files));
      if (files.length === 1 && takers.length > 0) return first.name;
      if (files.length === 1) {
        download(first);
        return first.name;
      }
      const { image } = store.state;
      const name = `${image ? stemOf(image) : t.exporting.stem}.zip`;
      if (takers.length > 0) return name;
      if (!archives) throw new RangeError("Expected what was prepared here.");
      download({ name, type: "application/zip", bytes: archives.writeZip(files) });
      return name;
    },
    retry,
    download: (name, text) =>
      download({ name, type: "application/json", bytes: new Uint8Array(new TextEncoder().encode(text)) }),
  };
}

/** Written by the server, which alone knows patient and study of the image: they never come to this page. */
async function byServer(
  segmenter: Segmenter,
  image: OpenImage,
  asked: Omit<ExportChoice, "format" | "hidden"> & {
    segmentation: Segmentation;
    format: OfferedFormat;
    signal: AbortSignal;
  },
): Promise<Written> {
  const { segments, masks } = asked.segmentation;
  const stem = stemOf(image);
  const order: ExportOrder = {
    imageId: image.info.imageId,
    format: asked.format.id,
    overlap: asked.overlap,
    deidentify: asked.deidentify,
    // The image's name may be somebody's.
    ...(NAME.test(stem) && !asked.deidentify ? { name: stem } : {}),
    segments: segments.map(({ id, number, name, colour, code }) => ({
      ...{ id, number, name, colour, ...(code && { code: { ...code } }) },
      masks: masks
        .filter(({ segmentId }) => segmentId === id)
        .map(({ plane, slice, origin, byName, mask }) => ({
          ...{ plane, slice, origin, rle: encodeRle(mask) },
          ...(byName && { byName }),
        })),
    })),
  };
  const file = segments.length > 0 ? await segmenter.exportFile(order, { signal: asked.signal }) : undefined;
  const { overlap } = asked;
  const isOneNumber = asked.format.overlaps.length > 0 && overlap !== "separate" && overlap !== "4d";
  const covered = isOneNumber ? labelmapOf(asked.segmentation, overlap).covered : [];
  return { covered, files: () => (file ? [file] : []) };
}

/** What the server takes as the beginning of a file name. */
const NAME = /^[\p{L}\p{N}._-]{1,100}$/u;

const SUFFIX = /\.(nii(\.gz)?|nrrd|nhdr|mha|mhd|dcm|png|jpe?g|webp|tiff?)$/i;

/** The image's name with its short id: two images of one name are two files. */
const stemOf = ({ name, info }: OpenImage): string =>
  `${name.replace(SUFFIX, "").replaceAll(/[^\p{L}\p{N}._-]+/gu, "-") || t.exporting.stem}_${shortId(info.imageId)}`;
