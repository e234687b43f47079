/** A study full of names, for tests that look for them afterwards. */
import { dicom, element, image } from "../formats/dicom-writer.ts";

/** Stands for what identifies people; found anywhere behind the reader it is a leak. */
export const CANARY = "CANARY";
/** Tags that hold text of or about people, with a canary in each. */
const TEXT_TAGS: readonly [number, string][] = [
  [0x0008_0050, "SH"], // AccessionNumber
  [0x0008_0080, "LO"], // InstitutionName
  [0x0008_0090, "PN"], // ReferringPhysicianName
  [0x0008_1010, "SH"], // StationName
  [0x0008_1030, "LO"], // StudyDescription
  [0x0008_103e, "LO"], // SeriesDescription
  [0x0010_0010, "PN"], // PatientName
  [0x0010_0020, "LO"], // PatientID
  [0x0010_1040, "LO"], // PatientAddress
  [0x0010_4000, "LT"], // PatientComments
];
/** Tags behind the image's own, in the order of their numbers. */
const LATE_TAGS: readonly [number, string][] = [[0x0028_1055, "LO"]]; // WindowCenterWidthExplanation

const SIDE = 32;

/** A CT slice with a canary in every text of its header. */
export function canaryDicom(): Uint8Array<ArrayBuffer> {
  const pixels = element(
    0x7fe0_0010,
    "OW",
    new Uint8Array(Uint16Array.from({ length: SIDE * SIDE }, (_, n) => (n * 5) % 900).buffer),
  );
  const windows = [element(0x0028_1050, "DS", "40"), element(0x0028_1051, "DS", "400")];
  const parts = image({
    rows: SIDE,
    columns: SIDE,
    pixels,
    extra: [...windows, ...LATE_TAGS.map(([tag, vr]) => element(tag, vr, `${CANARY}^LATE`))],
  });
  const texts = TEXT_TAGS.map(([tag, vr], n) => element(tag, vr, `${CANARY}^${n}`));
  return dicom([
    ...texts.filter((_, n) => TEXT_TAGS[n]![0] < 0x0008_0060),
    parts[0]!,
    ...texts.filter((_, n) => TEXT_TAGS[n]![0] > 0x0008_0060),
    ...parts.slice(1),
  ]);
}
