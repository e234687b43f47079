/** Results of a command in the formats of `POST /v1/exports`, by the name of the file that is wanted. */
import { segmentationHeader } from "../../core/annotation/segmentation.ts";
import type { ExportFormat, ExportRequest, ImageInfo, Prompt, Rle } from "../../core/wire/index.ts";
import { gridChanges } from "../../formats/index.ts";
import { readVersion } from "../ops/version.ts";
import type { Services } from "../services.ts";
import { withCodes } from "../work/coded.ts";

/** Endings that the server's writers take; a longer one goes before its end. */
const FORMATS: Readonly<Record<string, ExportFormat>> = {
  ".labelmap.dcm": "dicom-seg-labelmap",
  ".rtstruct.dcm": "rtstruct",
  ".dcm": "dicom-seg",
  ".seg.nrrd": "seg-nrrd",
  ".geojson": "geojson",
};

export const RESULT_ENDINGS: readonly string[] = Object.keys(FORMATS);

export const resultFormat = (target: string | undefined): ExportFormat | undefined =>
  Object.entries(FORMATS).find(([ending]) => target?.endsWith(ending))?.[1];

const CHANGES = {
  tilt: "The gantry was tilted: slices are shifted sideways by whole pixels, because the format is opened with right angles only.",
  distance: "Slices lie unevenly: they are repeated on even steps, because the format has one slice distance.",
} as const;

/** What a file of one even, right-angled grid does to the slices of an image, in sentences. */
export function changesOf(target: string | undefined, info: ImageInfo): readonly string[] {
  if (!target || !/\.(nii|nii\.gz|seg\.nrrd)$/.test(target)) return [];
  return gridChanges(segmentationHeader(info)).map((change) => CHANGES[change]);
}

export interface Result {
  readonly info: ImageInfo;
  readonly format: ExportFormat;
  readonly name: string;
  readonly masks: readonly {
    plane: ExportRequest["plane"];
    slice: number;
    rle: Rle;
    origin: "prompted" | "propagated";
  }[];
  /** Nothing but a name was given. */
  readonly byName: boolean;
}

/** What was asked for by name. */
export const nameOf = (prompts: readonly Prompt[]): string =>
  prompts.flatMap((prompt) => (prompt.kind === "text" ? [prompt.text] : []))[0] ?? "Segment 1";

/** The bytes of the file. Throws CannotExport where the image lacks what the format needs. */
export async function resultBytes(
  { images, models, vocabulary }: Pick<Services, "images" | "models" | "vocabulary">,
  { info, format, name, masks, byName }: Result,
): Promise<Uint8Array> {
  const { manifest } = models.get();
  const { digest } = manifest.graphs.encoder;
  const request: ExportRequest = {
    ...{ imageId: info.imageId, format, plane: "native", deidentify: false },
    segments: [{ name: name.slice(0, 256) || "Segment 1", masks: masks.map((mask) => ({ ...mask, byName })) }],
  };
  const { body } = await images.exportSegments({
    request: withCodes(request, vocabulary, info.modality),
    version: await readVersion(),
    model: { id: manifest.id, version: manifest.version, ...(digest && { digest }) },
  });
  return new Uint8Array(await new Response(body).arrayBuffer());
}
