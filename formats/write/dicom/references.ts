/** References from a result to the DICOM instances that it was made on. */
import type { ImageSource, SliceSource } from "../../../core/image/source.ts";
import type { DicomElement, DicomItem } from "./encode.ts";
import { code } from "./provenance.ts";

export const instanceItem = ({ sopClassUid, sopInstanceUid }: SliceSource): DicomItem => [
  [0x00081150, "UI", sopClassUid],
  [0x00081155, "UI", sopInstanceUid],
];

/** Each instance of the source once. */
export const instancesOf = ({ slices }: ImageSource): readonly SliceSource[] => [
  ...new Map(slices.map((slice) => [slice.sopInstanceUid, slice])).values(),
];

/** Common Instance Reference module (PS3.3 C.12.2): every source instance, by series. */
export const referencedSeries = (source: ImageSource): DicomElement => [
  0x00081115,
  "SQ",
  [
    [
      [0x0020000e, "UI", source.seriesInstanceUid],
      [0x0008114a, "SQ", instancesOf(source).map(instanceItem)],
    ],
  ],
];

/** Derivation Image functional group (PS3.3 C.7.6.16.2.6): the frame that a frame was drawn on. */
export function derivationImage(source: ImageSource, k: number): DicomElement {
  const slice = source.slices[k];
  if (!slice) throw new RangeError(`The source has ${source.slices.length} slices, asked for ${k}.`);
  const multiFrame = source.slices.some(
    ({ sopInstanceUid, frame }) => frame > 1 && sopInstanceUid === slice.sopInstanceUid,
  );
  const image: DicomItem = [
    ...instanceItem(slice),
    ...(multiFrame ? ([[0x00081160, "IS", String(slice.frame)]] as const) : []),
    [0x0028135a, "CS", "YES"],
    [0x0040a170, "SQ", [code("121322", "DCM", "Source image for image processing operation")]],
  ];
  const derivation: DicomItem = [
    [0x00089215, "SQ", [code("113076", "DCM", "Segmentation")]],
    [0x00082112, "SQ", [image]],
  ];
  return [0x00089124, "SQ", [derivation]];
}
