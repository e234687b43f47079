// Reads a tar archive held in memory. Uses Node alone; knows files with short names, which is all that our one archive has.

const BLOCK = 512;

const textAt = (bytes, from, to) => bytes.toString("latin1", from, to).replace(/\0.*$/s, "");

/** The regular files of an archive: `{ name, mode, bytes }`. Names that would leave the target folder are refused. */
export function readTar(archive) {
  const files = [];
  let at = 0;
  while (at + BLOCK <= archive.length && archive[at] !== 0) {
    const header = archive.subarray(at, at + BLOCK);
    const name = textAt(header, 0, 100);
    const size = Number.parseInt(textAt(header, 124, 136), 8);
    const kind = textAt(header, 156, 157);
    if (name.startsWith("/") || name.split("/").includes("..")) throw new Error(`The archive holds the path ${name}.`);
    at += BLOCK;
    if (kind === "" || kind === "0") {
      files.push({ name, mode: Number.parseInt(textAt(header, 100, 108), 8), bytes: archive.subarray(at, at + size) });
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
