/** The formats that a segmentation can be written in. A new one is a file of its own and a line here. */
import type { ExportFormat } from "../../core/wire/export.ts";
import type { SegmentationFormat } from "./writer.ts";

export const SEGMENTATION_FORMATS = [
  {
    id: "nifti",
    suffix: ".nii.gz",
    scope: "image",
    volumesOnly: true,
    overlaps: ["smaller", "later", "earlier", "separate", "4d"],
    load: async () => (await import("./nifti-segmentation.ts")).writeNiftiSegmentation,
  },
  {
    id: "dicom-seg",
    suffix: ".dcm",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    dicomOnly: true,
    load: async () => (await import("./dicom-seg.ts")).writeDicomSeg,
  },
  {
    id: "png",
    suffix: ".png",
    scope: "slice",
    volumesOnly: false,
    overlaps: ["smaller", "later", "earlier", "separate"],
    load: async () => (await import("./png-segmentation.ts")).writePngSlice,
  },
  {
    id: "png-all",
    suffix: ".png",
    scope: "image",
    volumesOnly: false,
    overlaps: ["smaller", "later", "earlier", "separate"],
    load: async () => (await import("./png-segmentation.ts")).writePngSlices,
  },
  {
    id: "coco",
    suffix: ".json",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    load: async () => (await import("./coco.ts")).writeCoco,
  },
  {
    id: "coco-compressed",
    suffix: ".json",
    scope: "image",
    volumesOnly: false,
    overlaps: [],

    load: async () => (await import("./coco.ts")).writeCompressedCoco,
  },
  {
    id: "seg-nrrd",
    suffix: ".seg.nrrd",
    scope: "image",
    volumesOnly: true,
    overlaps: [],

    load: async () => (await import("./seg-nrrd.ts")).writeSegNrrd,
  },
  {
    id: "rtstruct",
    suffix: ".dcm",
    scope: "image",
    volumesOnly: true,
    overlaps: [],
    dicomOnly: true,
    load: async () => (await import("./rtstruct.ts")).writeRtstruct,
  },
  {
    id: "geojson",
    suffix: ".geojson",
    scope: "image",
    volumesOnly: false,
    overlaps: [],

    load: async () => (await import("./geojson.ts")).writeGeoJson,
  },
  {
    id: "csv",
    suffix: ".csv",
    scope: "image",
    volumesOnly: false,
    overlaps: [],

    load: async () => (await import("./csv.ts")).writeCsv,
  },
] as const satisfies readonly SegmentationFormat[];

/** The wire names the same formats. */
export type SegmentationFormatId = (typeof SEGMENTATION_FORMATS)[number]["id"] & ExportFormat;
