/** The items of the Segment Sequence (PS3.3 C.8.20.2): what each segment is and how it came about. */
import type { Code } from "../../../core/annotation/entries.ts";
import type { Segment, Segmentation } from "../../../core/annotation/segmentation.ts";
import { labOf } from "../../dicom/lab.ts";
import type { DicomItem } from "./encode.ts";
import { code, type Provenance, uidOf } from "./provenance.ts";

/** Names that no scheme knows are written under this one, which the object itself declares as private. */
export const PRIVATE_SCHEME = "99PROMPTOMY";

/** Who drew it: a hand alone, a model that a hand prompted, or a model that was told a name and nothing else. */
export type Algorithm = "MANUAL" | "SEMIAUTOMATIC" | "AUTOMATIC";

export function algorithmOf({ masks }: Segmentation, { id }: Segment): Algorithm {
  const own = masks.filter(({ segmentId }) => segmentId === id);
  if (own.length === 0) return "SEMIAUTOMATIC";
  if (own.every(({ origin }) => origin === "edited")) return "MANUAL";
  return own.every(({ byName }) => byName) ? "AUTOMATIC" : "SEMIAUTOMATIC";
}

/** `number` counts from 1 without gaps, as the standard wants. */
export function segmentItem(
  segmentation: Segmentation,
  segment: Segment,
  number: number,
  provenance: Provenance,
): DicomItem {
  const algorithm = algorithmOf(segmentation, segment);
  const { category } = propertyOf(segment);
  const side: DicomItem = segment.laterality ? [[0x00620011, "SQ", [codeItem(segment.laterality)]]] : [];
  const type = [...typeOf(segment), ...side];
  const tracking = trackingOf(segmentation, segment, provenance);
  return [
    [0x00620003, "SQ", [codeItem(category)]],
    [0x00620004, "US", [number]],
    [0x00620005, "LO", plain(segment.name) || `Segment ${segment.number}`],
    [0x00620008, "CS", algorithm],
    ...(algorithm === "MANUAL" ? [] : algorithmElements(makersOf(segmentation, segment), provenance)),
    [0x0062000d, "US", labOf(segment.colour)],
    [0x0062000f, "SQ", [type]],
    [0x00620020, "UT", tracking.id],
    [0x00620021, "UI", tracking.uid],
  ];
}

/** What names the segment over exports. */
export const trackingOf = (
  { header }: Segmentation,
  { id }: Segment,
  provenance: Provenance,
): { readonly id: string; readonly uid: string } => ({
  id: `${id} of ${header.imageId}`,
  uid: uidOf(provenance, "tracking", header.imageId, id),
});

/** What the segment is, as a code. */
export const typeOf = (segment: Segment): DicomItem => codeItem(propertyOf(segment).type);

/** A backslash would part the value in two. */
const plain = (name: string) => name.replaceAll(/[\\\p{Cc}]+/gu, " ").trim();

type Maker = "model" | "elsewhere" | "interpolation";

/** Who made the masks that no hand has drawn: a model, as soon as one had a part in it. */
function makersOf({ masks }: Segmentation, { id }: Segment): Maker {
  const origins = new Set(masks.filter(({ segmentId }) => segmentId === id).map(({ origin }) => origin));
  if (origins.has("prompted") || origins.has("propagated") || origins.size === 0) return "model";
  return origins.has("imported") ? "elsewhere" : "interpolation";
}

function algorithmElements(maker: Maker, { model, version }: Provenance): DicomItem {
  if (maker === "elsewhere") return [[0x00620009, "LO", "imported, not said how it was made"]];
  if (maker === "interpolation") return [[0x00620009, "LO", `Promptomy ${version} interpolation of shapes`]];
  const { id, version: edition, digest } = model ?? { id: "Promptomy", version, digest: undefined };
  const short = digest?.replace("sha256:", "").slice(0, 12);
  return [
    [0x00620009, "LO", [id, edition, ...(short ? [short] : [])].join(" ")],
    [
      0x00620007,
      "SQ",
      [
        [
          [0x0066002f, "SQ", [code("123110", "DCM", "Artificial Intelligence")]],
          [0x00660031, "LO", edition],
          [0x00660036, "LO", id],
          ...(digest ? ([[0x00660032, "LT", `encoder ${digest}`]] as const) : []),
        ],
      ],
    ],
  ];
}

const ABNORMAL =
  /\b(tumou?r|lesion|nodule|mass|cyst|metastas\w*|neoplasm|carcinoma|haemorrhage|hemorrhage|o?edema|infarct\w*|polyp)\b/i;

/** The category of a code that is known; a name without one is a private concept, whatever it sounds like. */
function propertyOf({ name, number, code: known }: Segment): { category: Code; type: Code } {
  if (known) {
    const abnormal = ABNORMAL.test(known.meaning);
    const category = abnormal
      ? { scheme: "SCT", value: "49755003", meaning: "Morphologically Abnormal Structure" }
      : { scheme: "SCT", value: "123037004", meaning: "Anatomical Structure" };
    return { category, type: known };
  }
  const label = plain(name) || `Segment ${number}`;
  return {
    category: { scheme: PRIVATE_SCHEME, value: "UNCODED", meaning: "Structure without a code" },
    type: { scheme: PRIVATE_SCHEME, value: `SEGMENT-${number}`, meaning: label },
  };
}

const codeItem = ({ scheme, value, meaning }: Code): DicomItem =>
  value.length <= 16
    ? code(value, scheme, meaning)
    : [
        [0x00080119, "UC", value],
        [0x00080102, "SH", scheme],
        [0x00080104, "LO", meaning],
      ];

/** Coding Scheme Identification Sequence (PS3.3 C.12.1): says of the private scheme that it is one. */
export const codingSchemes: DicomItem = [
  [
    0x00080110,
    "SQ",
    [
      [
        [0x00080102, "SH", PRIVATE_SCHEME],
        [0x00080115, "ST", "Names of Promptomy's users, without codes of a standard"],
        [0x00080116, "ST", "Promptomy"],
      ],
    ],
  ],
];
