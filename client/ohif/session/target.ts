/** Where a prompt goes: OHIF's own state says which viewport, which labelmap and which segment; what is missing is made by OHIF. */

import { cornerstonePoint } from "../../adapters/cornerstone.ts";
import type { LpsPoint } from "../../viewer/index.ts";
import type { OhifCommands, OhifSegment, OhifSegmentation, OhifServices, OhifViewport } from "./types.ts";

export interface Target {
  readonly viewportId: string;
  readonly viewport: OhifViewport;
  readonly segmentationId: string;
  /** Its index in OHIF, the number in our log, the value of its voxels. */
  readonly segment: number;
  readonly label: string;
  /** Of the series that is shown, in OHIF's order. */
  readonly imageIds: readonly string[];
}

export interface Host {
  readonly services: OhifServices;
  readonly commands: OhifCommands;
}

/** For the panel; throws RangeError where the page shows no image. */
export function activeViewport({ services }: Host, viewportId = services.viewportGridService.getActiveViewportId()) {
  const viewport = services.cornerstoneViewportService.getCornerstoneViewport(viewportId);
  if (!viewport) throw new RangeError("Expected a viewport with an image, got none.");
  return { viewportId, viewport };
}

/** The labelmap that is edited in a viewport, if there is one. */
export function activeLabelmap({ services }: Host, viewportId: string): OhifSegmentation | undefined {
  const { segmentationService } = services;
  const active = segmentationService.getActiveSegmentation(viewportId);
  if (active?.representationData.Labelmap) return active;
  const other = segmentationService.getSegmentationRepresentations(viewportId).find(({ type }) => type === "Labelmap");
  return other && segmentationService.getSegmentation(other.segmentationId);
}

export const segmentsOf = ({ segments }: OhifSegmentation): OhifSegment[] =>
  Object.values(segments).filter(
    (segment): segment is OhifSegment => segment !== undefined && segment.segmentIndex > 0,
  );

/** Makes a labelmap and a segment where there are none. Throws RangeError without an image, and for a locked segment. */
export async function targetOf(host: Host, wanted?: string): Promise<Target> {
  const { viewportId, viewport } = activeViewport(host, wanted);
  const { segmentationId } = activeLabelmap(host, viewportId) ?? (await newLabelmap(host, viewportId));
  const segment = activeSegment(host, segmentationId);
  if (segment.locked) throw new RangeError(`"${segment.label}" is locked.`);
  const { segmentIndex, label } = segment;
  return { viewportId, viewport, segmentationId, segment: segmentIndex, label, imageIds: imagesOf(viewport) };
}

async function newLabelmap({ services, commands }: Host, viewportId: string): Promise<OhifSegmentation> {
  const made = await commands.run("createLabelmapForViewport", {
    viewportId,
    options: { createInitialSegment: true },
  });
  const segmentation = services.segmentationService.getSegmentation(String(made));
  if (!segmentation) throw new RangeError("Expected a series that can have a labelmap, got another one.");
  services.segmentationService.setActiveSegmentation(viewportId, segmentation.segmentationId);
  return segmentation;
}

function activeSegment({ services: { segmentationService } }: Host, segmentationId: string): OhifSegment {
  const read = () => {
    const segmentation = segmentationService.getSegmentation(segmentationId);
    const segments = segmentation ? segmentsOf(segmentation) : [];
    return segments.find(({ active }) => active) ?? segments.at(0);
  };
  if (!read()) segmentationService.addSegment(segmentationId);
  const segment = read();
  if (!segment) throw new RangeError("Expected a labelmap with a segment, got none.");
  return segment;
}

/** Asked of the viewport: its display set may be a SEG, whose own images are labels. */
function imagesOf(viewport: OhifViewport): readonly string[] {
  const imageIds = viewport.getImageIds();
  if (imageIds.length === 0) throw new RangeError("Expected a series of images, got another one.");
  return imageIds;
}

/** The middle of what a viewport shows: on its slice, whatever the order of the stack. */
export function placeShown(viewport: OhifViewport): LpsPoint {
  const { focalPoint } = viewport.getCamera();
  if (!focalPoint) throw new RangeError("Expected a viewport with an image, got none.");
  return cornerstonePoint(viewport, focalPoint);
}
