/** Files of a drop, folders walked. */
export async function filesOfDrop(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files];
  return (await Promise.all(entries.map(walk))).flat().filter(isImage);
}

/** Files of a picker, without the ones that are no images. */
export const filesOfPicker = (list: FileList | null): File[] => [...(list ?? [])].filter(isImage);

/** Operating systems and DICOM media leave these beside the images. */
const isImage = ({ name }: File) =>
  !name.startsWith(".") && name.toUpperCase() !== "DICOMDIR" && !/\.(txt|md|xml|html?)$/i.test(name);

async function walk(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = entry as FileSystemFileEntry; // the DOM's types have no discriminated union here
    return [await new Promise<File>((resolve, reject) => file.file(resolve, reject))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  // A directory reader gives its entries in batches and ends with an empty one.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return files;
    files.push(...(await Promise.all(batch.map(walk))).flat());
  }
}
