/** Codec packages that ship without types: only what we use of them. */
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const factory: (options: object) => Promise<{ J2KDecoder: new () => never }>;
  export default factory;
}
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const factory: (options: object) => Promise<{ JpegLSDecoder: new () => never }>;
  export default factory;
}
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  const factory: (options: object) => Promise<{ HTJ2KDecoder: new () => never }>;
  export default factory;
}
declare module "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs" {
  const factory: (options: object) => Promise<{ JPEGDecoder: new () => never }>;
  export default factory;
}
declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    decode(
      buffer: ArrayBuffer,
      offset: number,
      length: number,
      bytesPerSample: 1 | 2,
    ): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | null;
  }
}
declare module "@jsquash/webp/codec/dec/webp_dec.js" {
  const factory: (options: object) => Promise<{
    decode(bytes: Uint8Array): { data: Uint8ClampedArray<ArrayBuffer>; width: number; height: number } | null;
  }>;
  export default factory;
}
