/** What a DICOM object is (PS3.4 B.5 SOP classes, PS3.3 C.7.3.1.1.1 modalities): which one a reader should open first. */
import type { DataSet } from "../tokens.ts";
import { textOf } from "../values.ts";

export type ObjectKind = "image" | "localizer" | "secondary capture" | "dose" | "parametric map" | "segmentation";

export interface DicomObject {
  readonly kind: ObjectKind;
  /** Modality code of the file, or OT. */
  readonly modality: string;
  /** Of several objects the lowest is opened; equal ones compete by their number of frames. */
  readonly rank: number;
}

const STORAGE = "1.2.840.10008.5.1.4.1.1.";
const CLASSES: readonly { kind: ObjectKind; classes: readonly string[]; modalities: readonly string[] }[] = [
  { kind: "segmentation", classes: ["66.4", "66.7"], modalities: ["SEG"] },
  { kind: "dose", classes: ["481.2"], modalities: ["RTDOSE"] },
  { kind: "parametric map", classes: ["30"], modalities: [] },
  {
    kind: "secondary capture",
    classes: ["7", "7.1", "7.2", "7.3", "7.4"],
    modalities: ["SR", "DOC", "KO", "PR", "REG", "PLAN", "HC"],
  },
];

/** Modalities whose images are cuts of the body that others (PET, dose, segmentations) are laid over. */
const ANATOMY = new Set(["CT", "MR"]);
const RANK: Readonly<Record<Exclude<ObjectKind, "image">, number>> = {
  localizer: 3,
  "secondary capture": 4,
  dose: 5,
  "parametric map": 6,
  segmentation: 7,
};

/** Kind, modality and rank of an object with pixels. */
export function objectOf(dataSet: DataSet): DicomObject {
  const modality = modalityOf(dataSet);
  const kind = kindOf(dataSet, modality);
  if (kind !== "image") return { kind, modality, rank: RANK[kind] };
  return { kind, modality, rank: ANATOMY.has(modality) ? 0 : modality === "OT" ? 2 : 1 };
}

function modalityOf(dataSet: DataSet): string {
  const text = textOf(dataSet, 0x00080060);
  return text && /^[A-Z]{2,16}$/.test(text) ? text : "OT";
}

function kindOf(dataSet: DataSet, modality: string): ObjectKind {
  const uid = textOf(dataSet, 0x00080016) ?? "";
  const storage = uid.startsWith(STORAGE) ? uid.slice(STORAGE.length) : "";
  const found = CLASSES.find(({ classes, modalities }) => classes.includes(storage) || modalities.includes(modality));
  if (found) return found.kind;
  const imageType = (textOf(dataSet, 0x00080008) ?? "").split("\\").map((part) => part.trim());
  return imageType.includes("LOCALIZER") || imageType.includes("SCOUT") ? "localizer" : "image";
}
