/** A small CT series with the UIDs that a result refers to, as files. */
import { dicom, element, u16 } from "../formats/dicom-writer.ts";

const SIDE = 64;
const STUDY = "1.2.826.0.1.3680043.10.2";

/** Slices of 64², 2 mm apart, a bright disc that grows from slice to slice in them. */
export const ctSeries = (slices = 4): Uint8Array<ArrayBuffer>[] => Array.from({ length: slices }, (_, k) => slice(k));

function slice(k: number): Uint8Array<ArrayBuffer> {
  const pixels = Int16Array.from({ length: SIDE * SIDE }, (_, n) => {
    const [x, y] = [(n % SIDE) - 30, Math.floor(n / SIDE) - 26];
    return x * x + y * y < (8 + k) ** 2 ? 200 : -50 + ((n * 7) % 30);
  });
  return dicom([
    element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
    element(0x00080018, "UI", `${STUDY}.1.${k + 1}`),
    element(0x00080060, "CS", "CT"),
    element(0x00100010, "PN", "DOE^JANE"),
    element(0x00100020, "LO", "4711"),
    element(0x0020000d, "UI", STUDY),
    element(0x0020000e, "UI", `${STUDY}.1`),
    element(0x00200013, "IS", String(k + 1)),
    element(0x00200032, "DS", `-20\\-30\\${2 * k}`),
    element(0x00200037, "DS", "1\\0\\0\\0\\1\\0"),
    element(0x00200052, "UI", `${STUDY}.2`),
    element(0x00280002, "US", u16(1)),
    element(0x00280004, "CS", "MONOCHROME2"),
    element(0x00280010, "US", u16(SIDE)),
    element(0x00280011, "US", u16(SIDE)),
    element(0x00280030, "DS", "0.8\\0.7"),
    element(0x00280100, "US", u16(16)),
    element(0x00280101, "US", u16(16)),
    element(0x00280102, "US", u16(15)),
    element(0x00280103, "US", u16(1)),
    element(0x00281052, "DS", "0"),
    element(0x00281053, "DS", "1"),
    element(0x7fe00010, "OW", new Uint8Array(pixels.buffer)),
  ]);
}
