/** The formats that a segmentation can be written in. A new one is a file of its own and a line here. */
import type { ExportFormat } from "../../core/wire/export.ts";
import type { ImageInfo } from "../../core/wire/image.ts";
import type { SegmentationFormat } from "./writer.ts";

export const SEGMENTATION_FORMATS = [
  {
    id: "nifti",
    group: "medical",
    suffix: ".nii.gz",
    scope: "image",
    volumesOnly: true,
    overlaps: ["smaller", "later", "earlier", "separate", "4d"],
    load: async () => (await import("./nifti-segmentation.ts")).writeNiftiSegmentation,
  },
  {
    id: "seg-nrrd",
    group: "medical",
    suffix: ".seg.nrrd",
    scope: "image",
    volumesOnly: true,
    overlaps: [],
    load: async () => (await import("./seg-nrrd.ts")).writeSegNrrd,
  },
  {
    id: "volview",
    group: "medical",
    suffix: ".volview.json",
    scope: "image",
    volumesOnly: true,
    overlaps: [],
    load: async () => (await import("./volview.ts")).writeVolView,
  },
  {
    id: "dicom-seg",
    group: "medical",
    suffix: ".dcm",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    dicomOnly: true,
    load: async () => (await import("./dicom-seg.ts")).writeDicomSeg,
  },
  {
    id: "dicom-seg-labelmap",
    group: "medical",
    suffix: ".dcm",
    scope: "image",
    volumesOnly: false,
    overlaps: ["smaller", "later", "earlier"],
    dicomOnly: true,
    load: async () => (await import("./dicom-seg.ts")).writeDicomLabelmap,
  },
  {
    id: "rtstruct",
    group: "medical",
    suffix: ".dcm",
    scope: "image",
    volumesOnly: true,
    overlaps: [],
    dicomOnly: true,
    load: async () => (await import("./rtstruct.ts")).writeRtstruct,
  },
  {
    id: "dicom-sr",
    group: "tables",
    suffix: ".dcm",
    scope: "image",
    volumesOnly: true,
    overlaps: [],
    dicomOnly: true,
    load: async () => (await import("./dicom-report.ts")).writeDicomReport,
  },
  {
    id: "png",
    group: "pictures",
    suffix: ".png",
    scope: "slice",
    volumesOnly: false,
    overlaps: ["smaller", "later", "earlier", "separate"],
    load: async () => (await import("./png-segmentation.ts")).writePngSlice,
  },
  {
    id: "png-all",
    group: "pictures",
    suffix: ".png",
    scope: "image",
    volumesOnly: false,
    overlaps: ["smaller", "later", "earlier", "separate"],
    load: async () => (await import("./png-segmentation.ts")).writePngSlices,
  },
  {
    id: "coco",
    group: "pictures",
    suffix: ".json",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    load: async () => (await import("./coco.ts")).writeCoco,
  },
  {
    id: "coco-compressed",
    group: "pictures",
    suffix: ".json",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    load: async () => (await import("./coco.ts")).writeCompressedCoco,
  },
  {
    id: "geojson",
    group: "pictures",
    suffix: ".geojson",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    load: async () => (await import("./geojson.ts")).writeGeoJson,
  },
  {
    id: "csv",
    group: "tables",
    suffix: ".csv",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    load: async () => (await import("./csv.ts")).writeCsv,
  },
  {
    id: "measures-json",
    group: "tables",
    suffix: ".json",
    scope: "image",
    volumesOnly: false,
    overlaps: [],
    load: async () => (await import("./measures-json.ts")).writeMeasuresJson,
  },
] as const satisfies readonly SegmentationFormat[];

/** What the image lacks for a format, or nothing. */
export const lackOf = (
  { volumesOnly, dicomOnly }: Pick<SegmentationFormat, "volumesOnly" | "dicomOnly">,
  { kind, hasSource }: Pick<ImageInfo, "kind" | "hasSource">,
): "volume" | "source" | undefined => {
  if (volumesOnly && kind !== "volume") return "volume";
  return dicomOnly && !hasSource ? "source" : undefined;
};

/** The wire names the same formats. */
export type SegmentationFormatId = (typeof SEGMENTATION_FORMATS)[number]["id"] & ExportFormat;
