import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as frame from "../client/frame/index.ts";
import * as client from "../client/index.ts";
import * as viewer from "../client/viewer/index.ts";
import { repositoryRoot } from "./support/data.ts";

/** The published names. A change here is a change for every user: say it in the commit. */
const VALUES = [
  "SegmenterError",
  "affineRasToLps",
  "append",
  "axisOf",
  "canRedo",
  "canUndo",
  "contourArea",
  "createSegmenter",
  "decodeRle",
  "emptyLog",
  "encodeRle",
  "invert",
  "isSegmenterError",
  "labelmapOf",
  "lpsToRas",
  "multiply",
  "nextNumber",
  "parseLog",
  "promptsOf",
  "rasToLps",
  "redo",
  "replay",
  "rleFromString",
  "rleToString",
  "segmentsOf",
  "serialiseLog",
  "sliceKeyOf",
  "slicesOf",
  "traceContours",
  "transformPoint",
  "undo",
];

const TYPES = [
  "ArchiveInfo",
  "ArchiveSeriesList",
  "ArchiveSeriesRef",
  "ArchiveSeriesRequest",
  "ArchiveStored",
  "ArchiveStudies",
  "ArchiveStudiesRequest",
  "ArchiveThumbnailRequest",
  "BackendName",
  "CallOptions",
  "Candidate",
  "Chain",
  "Contour",
  "Covered",
  "Crop",
  "Digest",
  "EmbedTarget",
  "Embedding",
  "EncodedRef",
  "ErrorCode",
  "ErrorDetail",
  "ExportOrder",
  "ExportedFile",
  "ImageInfo",
  "ImageReference",
  "ImportResult",
  "JobMask",
  "JobPlace",
  "JobState",
  "Labelmap",
  "ListedTerm",
  "LocalOptions",
  "LogAction",
  "LogEntry",
  "LogSegment",
  "LookTarget",
  "Mask",
  "MaskOrigin",
  "Mat4",
  "ModelInfo",
  "NameGuess",
  "NameLooked",
  "NamedWindow",
  "OpenOptions",
  "Overlap",
  "Plane",
  "PrefetchTarget",
  "Prompt",
  "PromptContext",
  "PromptKind",
  "PromptLog",
  "PropagateProgress",
  "PropagateTarget",
  "Rle",
  "ScoredMask",
  "Segment",
  "SegmentMask",
  "SegmentOptions",
  "Segmentation",
  "SegmentationOptions",
  "Segmenter",
  "SegmenterOptions",
  "SegmenterStatus",
  "SeriesImage",
  "Slice",
  "SliceMask",
  "SliceRef",
  "Sources",
  "Study",
  "StudyEntry",
  "TextPromptAnswer",
  "Transform",
  "Vec3",
  "VocabularyEntry",
  "VolumeMeasurements",
  "Window",
];

test("the client package exports these names and no others", () => {
  expect(Object.keys(client).sort()).toEqual(VALUES);
  const source = readFileSync(join(repositoryRoot, "client/index.ts"), "utf8");
  const listed = [...source.matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .flatMap(([, names]) => names.split(","))
    .map((name) => name.replace(/\btype\b/, "").trim())
    .filter(Boolean);
  expect(listed.sort()).toEqual([...VALUES, ...TYPES].sort());
});

/** `@promptomy/client/viewer`. */
const VIEWER = [
  "bind",
  "nearestSlice",
  "nrrdOf",
  "openSource",
  "paint",
  "pixelOf",
  "placeMask",
  "planeAlong",
  "promptOf",
  "sliceToLps",
  "snapWindow",
];

test("its part for viewers exports these values", () => {
  expect(Object.keys(viewer).sort()).toEqual(VIEWER);
});

test("the client package is entered by these names", () => {
  const { exports } = JSON.parse(readFileSync(join(repositoryRoot, "client/package.json"), "utf8"));
  expect(Object.keys(exports)).toEqual([
    ".",
    "./worker",
    "./viewer",
    "./element",
    "./worker.js",
    "./frame",
    "./cornerstone",
    "./cornerstone-tools",
    "./niivue",
    "./openseadragon",
  ]);
});

test("its part for pages with the viewer in a frame exports these values", () => {
  expect(Object.keys(frame).sort()).toEqual(["FrameError", "connectFrame"]);
});
