import type { SegmentationFile } from "../../../formats/write/writer.ts";

/** Saves a file through the browser; nothing of it goes to a server. */
export function download({ name, type, bytes }: SegmentationFile): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The click has only queued the download; the address must outlive it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
