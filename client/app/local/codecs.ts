/** Where the image codecs of a browser lie: files of this build, fetched when an image first needs one. */
import charls from "@cornerstonejs/codec-charls/decodewasm?url";
import turbo from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url";
import openjpeg from "@cornerstonejs/codec-openjpeg/decodewasm?url";
import openjph from "@cornerstonejs/codec-openjph/wasm?url";
import webp from "@jsquash/webp/codec/dec/webp_dec.wasm?url";
import type { WasmFile, WasmSource } from "../../../formats/index.ts";

const URLS: Record<WasmFile, string> = {
  "charlswasm_decode.wasm": charls,
  "libjpegturbowasm_decode.wasm": turbo,
  "openjpegwasm_decode.wasm": openjpeg,
  "openjphjs.wasm": openjph,
  "webp_dec.wasm": webp,
};

export const codecs: WasmSource = async (file) => new Uint8Array(await (await fetch(URLS[file])).arrayBuffer());
