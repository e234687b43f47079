/** What a DICOM object says of its origin: the image it belongs to, the software, the model, the time. */
import type { Digest } from "../../../core/digest.ts";
import { SegmenterError } from "../../../core/errors.ts";
import type { ImageSource } from "../../../core/image/source.ts";
import { decodeText } from "../../dicom/character-set.ts";
import type { DicomElement, DicomItem } from "./encode.ts";
import { uidOfDigest } from "./uid.ts";

export interface Provenance {
  /** Absent where the image is no DICOM. Patient data. */
  readonly source?: ImageSource;
  /** Of Promptomy. */
  readonly version: string;
  readonly model?: { readonly id: string; readonly version: string; readonly digest?: string };
  readonly at: Date;
  /** Take out whatever tells of a person; new UIDs are made with this secret, which is kept nowhere. */
  readonly deidentify?: { readonly secret: string };
  /** The sha256 of a text's UTF-8; runtimes have different ways to it. */
  readonly digest: (text: string) => Digest;
}

/** Throws CannotExport with what to do instead. */
export function requireSource(
  provenance: Provenance | undefined,
  format: string,
): Provenance & { source: ImageSource } {
  const source = provenance?.source;
  if (provenance && source) return { ...provenance, source };
  const reason =
    "it has no DICOM study to refer to (another format, or files without UIDs); open the DICOM series itself, or choose NIfTI";
  throw new SegmenterError("CannotExport", { format, reason });
}

/** Type 2 attributes of the patient and the study: written empty where the source has none. */
const REQUIRED: readonly (readonly [number, string])[] = [
  [0x00100010, "PN"],
  [0x00100020, "LO"],
  [0x00100030, "DA"],
  [0x00100040, "CS"],
  [0x00080020, "DA"],
  [0x00080030, "TM"],
  [0x00080050, "SH"],
  [0x00080090, "PN"],
  [0x00200010, "SH"],
];
/** Repeated where the source has them. */
const OPTIONAL = ["00081030", "00100021", "00101010", "00101020", "00101030", "00120062", "00120063"];

/** Patient, General Study and Patient Study modules (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2), as the source has them. */
export function studyElements({ studyInstanceUid, attributes }: ImageSource): DicomItem {
  const text = (tag: string) => decodeText(attributes[tag]?.value ?? "", attributes["00080005"]?.value);
  const hex = (tag: number) => tag.toString(16).toUpperCase().padStart(8, "0");
  return [
    [0x00080005, "CS", "ISO_IR 192"],
    [0x0020000d, "UI", studyInstanceUid],
    ...REQUIRED.map(([tag, vr]): DicomElement => [tag, vr, text(hex(tag))]),
    ...OPTIONAL.flatMap((tag): DicomElement[] => {
      const attribute = attributes[tag];
      return attribute ? [[Number.parseInt(tag, 16), attribute.vr, text(tag)]] : [];
    }),
  ];
}

/** A UID for something of this export; the same parts give the same UID. */
export const uidOf = ({ digest }: Pick<Provenance, "digest">, ...parts: readonly string[]): string =>
  uidOfDigest(digest(JSON.stringify(parts)));

/** General Equipment and Enhanced General Equipment modules (PS3.3 C.7.5.1, C.7.5.2). */
export const equipmentElements = ({ version }: Pick<Provenance, "version">): DicomItem => [
  [0x00080070, "LO", "Promptomy"],
  [0x00081090, "LO", "Promptomy"],
  [0x00181000, "LO", "none"],
  [0x00181020, "LO", version],
];

/** `YYYYMMDD` and `HHMMSS.ffffff`, in UTC. */
export function dicomDateTime(at: Date): { readonly date: string; readonly time: string } {
  const [date = "", time = ""] = at.toISOString().replaceAll(/[-:Z]/g, "").split("T");
  return { date, time: `${time}000` };
}

export const code = (value: string, scheme: string, meaning: string): DicomItem => [
  [0x00080100, "SH", value],
  [0x00080102, "SH", scheme],
  [0x00080104, "LO", meaning],
];
