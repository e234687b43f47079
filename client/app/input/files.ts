/** Files of a drop or a picker: what may be an image, and the names of what is none. */

export interface Picked {
  readonly files: readonly File[];
  /** Names of files that are no images. */
  readonly leftOut: readonly string[];
}

/** Folders are walked. */
export async function filesOfDrop(transfer: DataTransfer): Promise<Picked> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return sorted(entries.length === 0 ? [...transfer.files] : (await Promise.all(entries.map(walk))).flat());
}

export const filesOfPicker = (list: FileList | null): Picked => sorted([...(list ?? [])]);

function sorted(files: readonly File[]): Picked {
  return {
    files: files.filter(mayBeImage),
    leftOut: files.filter((file) => !mayBeImage(file)).map(({ name }) => name),
  };
}

/** Operating systems and DICOM media leave these beside the images. */
const mayBeImage = ({ name }: File) =>
  !name.startsWith(".") && name.toUpperCase() !== "DICOMDIR" && !/\.(txt|md|xml|html?|pdf|docx?|csv|tsv)$/i.test(name);

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
