/** Medical images from bytes and back, the same in Node and the browser. Every failure is a SegmenterError. */
export { DEFAULT_LIMITS, type Limits } from "./bytes/limits.ts";
export {
  type CodecName,
  type Decoded,
  type DecodePool,
  decodeWithWasm,
  type WasmFile,
  type WasmSource,
} from "./codecs/wasm.ts";
export type { ImageFile } from "./read/candidates.ts";
export { readDicomSeries } from "./read/dicom/series/series.ts";
export { type FileHead, readHead } from "./read/head.ts";
export { listImages, type ReadOptions, readImage } from "./read/image.ts";
export type { ImageEntry, ImageList, SeriesEntry, StudyEntry } from "./read/list.ts";
export { readJpeg } from "./read/picture/jpeg.ts";
export { readPng } from "./read/picture/png.ts";
export { readTiff } from "./read/picture/tiff.ts";
export { readWebp } from "./read/picture/webp.ts";
export { readMetaImage } from "./read/raster/metaimage.ts";
export { readNifti } from "./read/raster/nifti.ts";
export { readNrrd } from "./read/raster/nrrd.ts";
export { type Target, targetFrames } from "./read/segments/layer.ts";
export { readSegments } from "./read/segments/segments.ts";
export type { Provenance } from "./write/dicom/provenance.ts";
export { type NiftiLabels, type NiftiOptions, writeNiftiLabelmap } from "./write/raster/nifti.ts";
export { type PngImage, writeMaskPng, writePng } from "./write/raster/png.ts";
export { gridChanges, type Rectified, rectify } from "./write/raster/rectify.ts";
export { SEGMENTATION_FORMATS, type SegmentationFormatId } from "./write/registry.ts";
export type { SegmentationFile, SegmentValues } from "./write/writer.ts";
export { writeZip } from "./write/zip.ts";
