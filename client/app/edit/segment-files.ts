/** Which files may hold segments. */

/** DICOM's storage classes of segmentations and of RT structure sets (PS3.4 B.5). */
const SEGMENT_CLASSES = ["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.481.3"];

/** The file meta information and the first attributes stand in here. */
const HEAD_BYTES = 2048;

/** Their content is that of many things: the name says that it is segments. */
const ANNOTATIONS = /(\.geojson|coco.*\.json)$/i;

/** Files that an archive of exported segments holds; its names stand at its end. */
const EXPORTED = /_dseg\.(nii|json)|\.volview\.json|_(native|axial|coronal|sagittal)-\d{3,}[^/]*\.png|\.sr\.dcm/;
const LIST_BYTES = 65_536;

async function isExportedArchive(file: File): Promise<boolean> {
  if (!/\.zip$/i.test(file.name)) return false;
  const end = await file.slice(Math.max(0, file.size - LIST_BYTES)).arrayBuffer();
  return EXPORTED.test(new TextDecoder("latin1").decode(end));
}

/** A labelmap's formats: only a person can say whether such a file is one. */
const LABELMAP = /\.(nii(\.gz)?|nrrd|mha)$/i;

/** What people call files of segments: `_dseg`, `labels`, `mask`, `liver.seg.nrrd`. */
const NAMED_SO = /(^|[^a-z])(d?seg|segs|segmentations?|labels?|labelmaps?|masks?|rois?)([^a-z]|$)/i;

/** A labelmap's format is any volume's: without such a name an image is meant. */
export const isNamedAsSegments = ({ name }: Pick<File, "name">): boolean => !LABELMAP.test(name) || NAMED_SO.test(name);

/** Segments as DICOM, COCO, GeoJSON or an exported archive, or a file that may be a labelmap. */
export async function mayHoldSegments(file: File): Promise<boolean> {
  if (LABELMAP.test(file.name) || ANNOTATIONS.test(file.name) || (await isExportedArchive(file))) return true;
  const head = new TextDecoder("latin1").decode(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return head.slice(128, 132) === "DICM" && SEGMENT_CLASSES.some((uid) => new RegExp(`${uid}[^0-9.]`).test(head));
}
