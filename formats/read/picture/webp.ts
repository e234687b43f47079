/// <reference path="../../codecs/packages.d.ts" />
/** WebP (RFC 9649) by libwebp: still pictures, lossy and lossless. */
import type { Volume } from "../../../core/image/volume.ts";
import { guarded, malformed, unsupported } from "../../bytes/fail.ts";
import { check, checkGrid, inflatedLimit, type Limits } from "../../bytes/limits.ts";
import type { WasmSource } from "../../codecs/wasm.ts";
import { oriented, readOrientation, TURNED_WARNING } from "./orientation.ts";
import { ALPHA_WARNING, pictureVolume, withoutAlpha } from "./picture.ts";

const WASM = "webp_dec.wasm";

/** Reads a still WebP. Throws UnsupportedFormat (animations), MalformedFile or TooLarge. */
export async function readWebp(bytes: Uint8Array, limits: Limits, wasm?: WasmSource): Promise<Volume> {
  const { width, height } = readHeader(bytes);
  checkGrid("WebP", { columns: width, rows: height, frames: 1, bytesPerPixel: 4 }, limits);
  check("WebP: decoded bytes", width * height * 4, inflatedLimit(bytes.length, limits));
  const wasmBinary = wasm ? await wasm(WASM) : nodeWasm();
  // A fresh module each time: what a hostile file did to its heap does not outlive the file.
  const { default: load } = await import("@jsquash/webp/codec/dec/webp_dec.js");
  const decoder = await load({ wasmBinary, noInitialRun: true });
  const decoded = guarded("WebP", "bitstream", () => decoder.decode(bytes));
  if (decoded?.width !== width || decoded.height !== height)
    throw malformed("WebP", "bitstream", "It does not decode to its declared size.");
  const { data, opaque } = withoutAlpha(new Uint8Array(decoded.data.buffer), 4);
  const exif = chunksOf(bytes).find(({ type }) => type === "EXIF");
  const orientation = exif ? readOrientation(afterExifMark(exif.payload)) : 1;
  const turned = oriented({ width, height, channels: 3, data }, orientation);
  const notes = [opaque ? "" : ALPHA_WARNING, orientation === 1 ? "" : TURNED_WARNING];
  return pictureVolume(turned, notes.filter(Boolean));
}

interface Chunk {
  readonly type: string;
  readonly payload: Uint8Array;
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20 || view.getUint32(4, true) + 8 > bytes.length)
    throw malformed("WebP", "RIFF size", "The file ends before it.");
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (length > bytes.length - at - 8) throw malformed("WebP", "chunk size", "A chunk runs past the end.");
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    chunks.push({ type, payload: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function readHeader(bytes: Uint8Array): { width: number; height: number } {
  const [first] = chunksOf(bytes);
  const p = first?.payload ?? new Uint8Array();
  if (p.length < 10 && !(first?.type === "VP8L" && p.length >= 5))
    throw malformed("WebP", "header", "It is too short.");
  const byte = (n: number) => p[n] ?? 0;
  switch (first?.type) {
    case "VP8 ":
      return { width: (byte(6) + 256 * byte(7)) & 0x3fff, height: (byte(8) + 256 * byte(9)) & 0x3fff };
    case "VP8L": {
      const bits = (byte(1) | (byte(2) << 8) | (byte(3) << 16) | (byte(4) << 24)) >>> 0;
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      if (byte(0) & 0x02) throw unsupported("an animated WebP", "still WebP");
      return {
        width: byte(4) + 256 * byte(5) + 65536 * byte(6) + 1,
        height: byte(7) + 256 * byte(8) + 65536 * byte(9) + 1,
      };
    default:
      throw malformed("WebP", "header", "Its first chunk is no picture.");
  }
}

/** Some writers keep JPEG's `Exif\0\0` before the block. */
const afterExifMark = (payload: Uint8Array) =>
  payload[0] === 0x45 && payload[1] === 0x78 ? payload.subarray(6) : payload;

/** What we use of Node where there is a Node: this folder imports none of it. */
interface NodeProcess {
  getBuiltinModule?(name: "node:fs"): { readFileSync(path: string): Uint8Array };
  getBuiltinModule?(name: "node:module"): { createRequire(url: string): { resolve(name: string): string } };
}

function nodeWasm(): Uint8Array {
  const { process } = globalThis as { process?: NodeProcess }; // no Node types in this folder
  const modules = process?.getBuiltinModule?.("node:module");
  const files = process?.getBuiltinModule?.("node:fs");
  if (!modules || !files)
    throw unsupported("WebP without the place of its decoder", "WebP with `wasm` given to readImage");
  return files.readFileSync(modules.createRequire(import.meta.url).resolve(`@jsquash/webp/codec/dec/${WASM}`));
}
