/// <reference path="./packages.d.ts" />
/** Loads the WebAssembly image codecs, each once and only when a file needs it. */
import { asReadError, malformed } from "../bytes/fail.ts";
import { checkScans } from "./jpeg-header.ts";

/**
 * Bytes of a codec's `.wasm` by file name. Node finds the files beside the installed packages; a browser bundle passes a
 * function that fetches them (see `docs/formats.md`).
 */
export type WasmSource = (file: WasmFile) => Promise<Uint8Array>;

export type WasmFile =
  | "openjpegwasm_decode.wasm"
  | "charlswasm_decode.wasm"
  | "openjphjs.wasm"
  | "libjpegturbowasm_decode.wasm"
  | "webp_dec.wasm";

export type CodecName = "JPEG" | "JPEG-LS" | "JPEG 2000" | "HTJ2K";

export interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bitsPerSample: number;
  readonly signed: boolean;
  /** One byte a sample up to 8 bits, else two, little-endian. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** JPEG-LS without interleaving delivers plane after plane. */
  readonly planar: boolean;
}

/** Decodes one codestream, here or elsewhere. */
export type Decode = (name: CodecName, encoded: Uint8Array) => Promise<Decoded>;

/** The decoders of this thread. */
export const decodersFrom =
  (source: WasmSource | undefined): Decode =>
  (name, encoded) =>
    decodeWithWasm(name, encoded, source);

/** Decoders beside the one of this thread, for images of many frames. */
export interface DecodePool {
  readonly decode: Decode;
  /** Frames given to it at the same time. */
  readonly atOnce: number;
}

/** The class every cornerstone codec build exports; what it hands out lives in WASM memory. */
interface FrameDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array | Uint8ClampedArray;
  getFrameInfo(): {
    width: number;
    height: number;
    bitsPerSample?: number;
    componentCount: number;
    isSigned?: boolean;
  };
  getInterleaveMode?(): number;
  delete(): void;
}

type DecoderClass = new () => FrameDecoder;

interface ModuleOptions {
  wasmBinary?: Uint8Array;
  print: () => void;
  printErr: () => void;
}

interface Codec {
  readonly file: WasmFile;
  readonly load: (options: ModuleOptions) => Promise<DecoderClass>;
}

const CODECS: Record<CodecName, Codec> = {
  JPEG: {
    file: "libjpegturbowasm_decode.wasm",
    load: async (options) =>
      (await (await import("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs")).default(options)).JPEGDecoder,
  },
  "JPEG-LS": {
    file: "charlswasm_decode.wasm",
    load: async (options) =>
      (await (await import("@cornerstonejs/codec-charls/decodewasmjs")).default(options)).JpegLSDecoder,
  },
  "JPEG 2000": {
    file: "openjpegwasm_decode.wasm",
    load: async (options) =>
      (await (await import("@cornerstonejs/codec-openjpeg/decodewasmjs")).default(options)).J2KDecoder,
  },
  HTJ2K: {
    file: "openjphjs.wasm",
    load: async (options) =>
      (await (await import("@cornerstonejs/codec-openjph/wasmjs")).default(options)).HTJ2KDecoder,
  },
};

const loaded = new Map<CodecName, Promise<DecoderClass>>();

function load(name: CodecName, source: WasmSource | undefined): Promise<DecoderClass> {
  const known = loaded.get(name);
  if (known) return known;
  const { file, load: start } = CODECS[name];
  const quiet = { print: () => {}, printErr: () => {} };
  const loading = source ? source(file).then((wasmBinary) => start({ ...quiet, wasmBinary })) : start(quiet);
  loading.catch(() => loaded.delete(name));
  loaded.set(name, loading);
  return loading;
}

/** Decodes one codestream whose declared size was checked before. A codec that trapped is loaded afresh next time. */
export async function decodeWithWasm(name: CodecName, encoded: Uint8Array, source?: WasmSource): Promise<Decoded> {
  if (name === "JPEG") checkScans(encoded);
  const FrameDecoder = await load(name, source);
  let decoder: FrameDecoder | undefined;
  try {
    decoder = new FrameDecoder();
    decoder.getEncodedBuffer(encoded.length).set(encoded);
    decoder.decode();
    return read(decoder, name);
  } catch (thrown) {
    loaded.delete(name);
    throw asReadError(thrown, name, "codestream");
  } finally {
    decoder?.delete();
  }
}

function read(decoder: FrameDecoder, name: CodecName): Decoded {
  const { width, height, componentCount: components, bitsPerSample = 8, isSigned = false } = decoder.getFrameInfo();
  const pixels = decoder.getDecodedBuffer();
  const length = width * height * components * (bitsPerSample > 8 ? 2 : 1);
  if (bitsPerSample > 16 || length === 0 || pixels.length < length)
    throw malformed(name, "codestream", "It decodes to the wrong number of bytes.");
  const planar = components > 1 && decoder.getInterleaveMode?.() === 0;
  return {
    width,
    height,
    components,
    bitsPerSample,
    signed: isSigned,
    planar,
    bytes: new Uint8Array(pixels.subarray(0, length)),
  };
}
