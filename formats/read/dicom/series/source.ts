/** The DICOM identity of a volume, for exports that refer back to it. */
import type { ImageSource, SliceSource, SourceAttribute } from "../../../../core/image/source.ts";
import type { DataSet } from "../tokens.ts";
import { latin1Of, uidOf } from "../values.ts";
import type { Frame } from "./frame.ts";

/** What a SEG of this image repeats (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2, C.7.3.1, C.7.4.1), with the VR of PS3.6. */
const REPEATED: Readonly<Record<string, string>> = {
  "00080005": "CS",
  "00080020": "DA",
  "00080030": "TM",
  "00080050": "SH",
  "00080060": "CS",
  "00080090": "PN",
  "00081030": "LO",
  "0008103E": "LO",
  "00100010": "PN",
  "00100020": "LO",
  "00100021": "LO",
  "00100030": "DA",
  "00100040": "CS",
  "00101010": "AS",
  "00101020": "DS",
  "00101030": "DS",
  "00120062": "CS",
  "00120063": "LO",
  "00180015": "CS",
  "00180050": "DS",
  "00200010": "SH",
  "00200011": "IS",
  "00200060": "CS",
  "00201040": "LO",
};

/** The source of a stack; undefined when a file lacks the UIDs that a reference needs. */
export function sourceOf(frames: readonly Frame[]): ImageSource | undefined {
  const [first] = frames;
  if (!first) return undefined;
  const { dataSet } = first.source.file;
  const studyInstanceUid = uidOf(dataSet, 0x0020000d);
  const seriesInstanceUid = uidOf(dataSet, 0x0020000e);
  const slices = frames.map(sliceOf);
  if (!studyInstanceUid || !seriesInstanceUid || !slices.every((slice) => slice !== undefined)) return undefined;
  const frameOfReferenceUid = uidOf(dataSet, 0x00200052);
  return {
    studyInstanceUid,
    seriesInstanceUid,
    ...(frameOfReferenceUid && { frameOfReferenceUid }),
    slices,
    attributes: attributesOf(dataSet),
  };
}

function sliceOf({ source, frame }: Frame): SliceSource | undefined {
  const sopClassUid = uidOf(source.file.dataSet, 0x00080016);
  const sopInstanceUid = uidOf(source.file.dataSet, 0x00080018);
  return sopClassUid && sopInstanceUid ? { sopClassUid, sopInstanceUid, frame: frame + 1 } : undefined;
}

function attributesOf(dataSet: DataSet): Record<string, SourceAttribute> {
  const found: Record<string, SourceAttribute> = {};
  for (const [tag, vr] of Object.entries(REPEATED)) {
    const value = latin1Of(dataSet, Number.parseInt(tag, 16));
    if (value !== undefined) found[tag] = { vr, value };
  }
  return found;
}
