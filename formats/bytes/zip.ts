/** ZIP archives (PKWARE APPNOTE 6.3): stored and deflated entries, all sizes added up before anything is inflated. */
import { malformed, unsupported } from "./fail.ts";
import { inflatePrefix } from "./inflate.ts";
import { check, inflatedLimit, type Limits } from "./limits.ts";

export interface ZipEntry {
  /** As the archive writes it; never a path to open. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record and the longest comment behind it. */
const END_SEARCH = 22 + 65_535;
const STORED = 0;
const DEFLATED = 8;

interface Listed {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/** True for bytes that start as an archive with entries does. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/** Files of an archive, folders and hidden files aside. Throws MalformedFile, UnsupportedFormat or TooLarge. */
export function readZip(bytes: Uint8Array, limits: Limits): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = listEntries(view, bytes, limits).filter(({ name }) => isVisible(name));
  const packed = files.reduce((sum, entry) => sum + entry.packed, 0);
  if (packed > bytes.length) throw malformed("ZIP", "compressed size", "The entries overlap.");
  check("ZIP: inflated bytes", sum(files), inflatedLimit(bytes.length, limits));
  return files.map((entry) => ({ name: entry.name, bytes: extract(view, bytes, entry) }));
}

const sum = (files: readonly Listed[]) => files.reduce((total, { size }) => total + size, 0);

/** No folder, no hidden file, no resource fork of a Mac. */
const isVisible = (name: string) => !/\/$|(^|\/)\.[^/]*$|(^|\/)__MACOSX\//.test(name);

function listEntries(view: DataView, bytes: Uint8Array, limits: Limits): Listed[] {
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  check("ZIP: files", count, 2 * limits.frames);
  const entries: Listed[] = [];
  let at = view.getUint32(end + 16, true);
  for (let n = 0; n < count; n++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL)
      throw malformed("ZIP", "central directory", "An entry is missing.");
    if (view.getUint16(at + 8, true) & 1) throw unsupported("an encrypted ZIP archive", "ZIP without a password");
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const name = String.fromCharCode(...bytes.subarray(at + 46, at + 46 + Math.min(nameLength ?? 0, 4096)));
    const [packed = 0, size = 0, local = 0] = [20, 24, 42].map((offset) => view.getUint32(at + offset, true));
    if (Math.max(packed, size, local) === 0xffffffff) throw unsupported("a ZIP64 archive", "ZIP below 4 GiB");
    entries.push({ name, method: view.getUint16(at + 10, true), packed, size, at: local });
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries;
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - END_SEARCH);
  for (let at = view.byteLength - 22; at >= lowest; at--) if (view.getUint32(at, true) === END) return at;
  throw malformed("ZIP", "end of central directory", "It is missing: the archive is cut short.");
}

function extract(view: DataView, bytes: Uint8Array, { method, packed, size, at }: Listed): Uint8Array {
  if (at + 30 > bytes.length || view.getUint32(at, true) !== LOCAL)
    throw malformed("ZIP", "local header", "It is missing.");
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + packed > bytes.length) throw malformed("ZIP", "compressed size", "An entry runs past the end.");
  const body = bytes.subarray(start, start + packed);
  if (method === STORED && packed === size) return body;
  if (method !== DEFLATED)
    throw unsupported("a ZIP entry of another compression than deflate", "stored and deflated ZIP");
  return size === 0 ? new Uint8Array() : inflatePrefix(body, "raw", { format: "ZIP", length: size });
}
