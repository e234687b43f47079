/** Downloads made in this browser; nothing of them goes to a server. */
import { t } from "../i18n.ts";
import type { OpenStudy, State } from "../state/state.ts";
import { collectMasks, type LabelMask } from "./collect.ts";

export type ExportFormat = "png" | "coco" | "nifti";

export interface ExportFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: BlobPart;
}

/** The file of a format, or `undefined` when there is nothing to put into it. The writers load on first use. */
export async function exportFile(state: State, format: ExportFormat): Promise<ExportFile | undefined> {
  const { study } = state;
  const masks = collectMasks(state);
  if (!study || masks.length === 0) return undefined;
  const stem =
    study.name.replace(/\.(nii(\.gz)?|dcm|png|jpe?g|webp)$/i, "").replace(/[^\p{L}\p{N}._-]+/gu, "-") || t.exportStem;
  switch (format) {
    case "png":
      return pngFile(study, masks, stem);
    case "coco": {
      const { cocoOf } = await import("./coco.ts");
      return { name: `${stem}.coco.json`, type: "application/json", bytes: JSON.stringify(cocoOf(stem, masks)) };
    }
    case "nifti": {
      const [{ labelmapOf }, { writeNiftiLabelmap }] = await Promise.all([
        import("./labelmap.ts"),
        import("../../../formats/write/nifti.ts"),
      ]);
      const { size, ijkToLps, spacing } = study.info;
      const labels = labelmapOf({ size, ijkToLps, unit: spacing ? "mm" : "px" }, masks);
      const bytes = writeNiftiLabelmap({ labels, size, ijkToLps }, { gzip: true });
      return { name: `${stem}-labels.nii.gz`, type: "application/gzip", bytes };
    }
    default:
      return format satisfies never;
  }
}

/** One label gives a mask (0, 255); several give an indexed picture whose values are the label numbers. */
async function pngFile(
  { plane, slice }: OpenStudy,
  masks: readonly LabelMask[],
  stem: string,
): Promise<ExportFile | undefined> {
  const here = masks.filter((mask) => mask.plane === plane.plane && mask.slice === slice);
  if (here.length === 0) return undefined;
  const { writeMaskPng, writePng } = await import("../../../formats/write/png.ts");
  const name = `${stem}-${plane.plane}-${slice + 1}.png`;
  if (here.length === 1) return { name, type: "image/png", bytes: writeMaskPng(here[0].mask) };
  const { width, height } = plane;
  const data = new Uint8Array(width * height);
  const palette: [number, number, number][] = Array.from({ length: 256 }, () => [0, 0, 0]);
  for (const { label, mask } of here) {
    palette[label.number] = rgb(label.colour);
    for (let n = 0; n < data.length; n++) if (mask.data[n]) data[n] = label.number;
  }
  return { name, type: "image/png", bytes: writePng({ width, height, data, palette }) };
}

function rgb(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Saves a file through the browser. */
export function download({ name, type, bytes }: ExportFile): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The click has only queued the download; the address must outlive it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
