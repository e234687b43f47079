/**
 * Basic Application Level Confidentiality Profile (PS3.15 E.2) for the objects that we write. The table has the actions of
 * PS3.15 Table E.1-1 for the attributes that can stand in them; what it does not list is removed, whatever it is.
 */
import type { Segmentation } from "../../../core/annotation/segmentation.ts";
import type { DicomElement, DicomItem } from "./encode.ts";
import { code } from "./provenance.ts";

/** X removes, Z empties, D replaces by a value that says nothing, U replaces a UID consistently, K keeps. */
type Action = "X" | "Z" | "D" | "U" | "K";

/** By action, tags as eight hex digits. */
const ACTIONS: Readonly<Record<Action, string>> = {
  X: `00080012 00080013 00080021 00080031 0008103E 00081030 00100021 00101010 00101020 00101030 00120062 00120063`,
  Z: `00081070 00080020 00080030 00080050 00080090 00100010 00100020 00100030 00100040 00200010 00700084 00081111 0040A372 300600A6 30060008 30060009`,
  D: `0040A160 00080023 00080033 00181000 00620020`,
  U: `0040A124 00080018 00081155 0020000D 0020000E 00200052 00209164 00620021 30060024`,
  K: `00080005 00080008 00080016 00080060 00080070 00080100 00080102 00080104 00080110 00080115 00080116 00080119 00081090
    00081115 0008114A 00081150 00081160 00082112 00089124 00089215 00180050 00180088 00181020 00200011 00200013 00200032
    00200037 00201040 00209056 00209057 00209111 00209113 00209116 00209157 00209165 00209167 00209221 00209222 00280002
    00280004 00280008 00280010 00280011 00280030 00280100 00280101 00280102 00280103 00280120 00282110 0028135A 00289110 0040A170 0040A010 0040A040 0040A043 0040A050
    0040A168 0040A300 0040A30A 0040A375 0040A491 0040A493 0040A504 0040A730 0040DB00 004008EA 00080105 00081199
    00620001 00620002 00620003 00620004 00620005 00620007 00620008 00620009 0062000A 0062000B 0062000D 0062000F 00620011 00620013 0066002F
    00660031 00660032 00660036 00700080 00700081 30060002 30060010 30060012 30060014 30060016 30060020 30060022 30060026
    3006002A 30060036 30060039 30060040 30060042 30060046 30060050 30060080 30060082 30060084 300600A4 300E0002 52009229
    52009230 7FE00010`,
};

export const ACTION_OF: ReadonlyMap<number, Action> = new Map(
  Object.entries(ACTIONS).flatMap(
    ([action, tags]) => tags.split(/\s+/).map((tag) => [Number.parseInt(tag, 16), action as Action] as const), // a key of the record
  ),
);

/** By VR: of the form that the attribute wants, and of no one. */
const DUMMIES: Readonly<Record<string, string>> = { DA: "19700101", TM: "000000", LO: "none", UT: "segment" };

/** Roots of the standard's own UIDs, which name classes. */
const STANDARD = "1.2.840.10008.";

/** The elements without anything that tells of a person; `remap` gives the same new UID for the same old one. */
export function deidentified(elements: DicomItem, remap: (uid: string) => string): DicomItem {
  return [...cleaned(elements, remap), ...STATEMENT];
}

const cleaned = (elements: DicomItem, remap: (uid: string) => string): DicomItem =>
  elements.flatMap((element) => act(element, remap));

function act([tag, vr, value]: DicomElement, remap: (uid: string) => string): DicomElement[] {
  const action = ACTION_OF.get(tag) ?? "X";
  if (action === "X") return [];
  if (action === "Z") return [[tag, vr, ""]];
  if (action === "D") return [[tag, vr, DUMMIES[vr] ?? ""]];
  if (action === "U")
    return [[tag, vr, typeof value === "string" && !value.startsWith(STANDARD) ? remap(value) : value]];
  // Of the kept ones sequences are looked into.
  return [[tag, vr, vr === "SQ" ? (value as readonly DicomItem[]).map((item) => cleaned(item, remap)) : value]];
}

/** What was done (PS3.15 E.1.1). */
const STATEMENT: DicomItem = [
  [0x00120062, "CS", "YES"],
  [0x00120063, "LO", "Promptomy, PS3.15 basic profile"],
  [0x00120064, "SQ", [code("113100", "DCM", "Basic Application Confidentiality Profile")]],
  [0x00280303, "CS", "REMOVED"],
];

/** Names of segments are free text: a coded one has its code's meaning, any other its number. */
export const withPlainNames = (segmentation: Segmentation): Segmentation => ({
  ...segmentation,
  segments: segmentation.segments.map((segment) => ({
    ...segment,
    name: segment.code?.meaning ?? `Segment ${segment.number}`,
  })),
});
