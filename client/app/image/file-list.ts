/** Files that were dropped or picked together and are images each for itself: they are looked at one after the other. */
import { isSegmenterError } from "../../../core/errors.ts";
import { t } from "../i18n/index.ts";
import type { PictureList } from "../state/open-image.ts";

export interface PictureFiles extends PictureList {
  readonly source: readonly File[];
  /** Where the images lie inside of the files, all of which are read for each: its number there, and what it is. */
  readonly parts?: readonly { readonly index: number; readonly note: string }[];
}

/** What is sent for the image that a list stands at, and what it is called. */
export function pickedOf({ source, index, parts }: PictureFiles) {
  const part = parts?.[index];
  if (!part) return { files: [source[index]], name: source[index].name, call: {} };
  const name = source.length === 1 ? source[0].name : t.seriesName(source.length);
  return { files: source, name: [name, part.note].filter(Boolean).join(", "), call: { index: part.index } };
}

/** Formats that hold a whole image in a file. DICOM files may be slices of one series, headers name a file beside them. */
const WHOLE = /\.(png|jpe?g|webp|tiff?|svs|nii(\.gz)?|nrrd|mha)$/i;

/** In the order of their names, numbers by their value; `undefined` for one file, and where files may belong together. */
export function listOf(files: readonly File[]): PictureFiles | undefined {
  if (files.length < 2 || !files.every(({ name }) => WHOLE.test(name))) return undefined;
  const pathOf = (file: File) => file.webkitRelativePath || file.name;
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const source = files.toSorted((a, b) => compare(pathOf(a), pathOf(b)));
  return { source, index: 0, count: source.length };
}

/** What a file itself is to blame for. */
const UNREADABLE = ["UnsupportedFormat", "MalformedFile", "TooLarge"] as const;

/** Opens the first file of a list that can be read. Rejects with the failure of the very first when none can. */
export async function openFirstReadable(list: PictureFiles, open: (one: PictureFiles) => Promise<void>): Promise<void> {
  let first: unknown;
  for (let index = 0; index < list.count; index++) {
    try {
      return await open({ ...list, index });
    } catch (thrown) {
      if (!UNREADABLE.some((code) => isSegmenterError(thrown, code))) throw thrown;
      first ??= thrown;
    }
  }
  throw first;
}
