import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as client from "../client/index.ts";
import { repositoryRoot } from "./support/data.ts";

/** The published names. A change here is a change for every user: say it in the commit. */
const VALUES = [
  "SegmenterError",
  "append",
  "canRedo",
  "canUndo",
  "createSegmenter",
  "emptyLog",
  "isSegmenterError",
  "labelmapOf",
  "nextNumber",
  "parseLog",
  "promptsOf",
  "redo",
  "replay",
  "segmentsOf",
  "serialiseLog",
  "sliceKeyOf",
  "slicesOf",
  "undo",
];

const TYPES = [
  "BackendName",
  "CallOptions",
  "Covered",
  "Crop",
  "Digest",
  "EmbedTarget",
  "Embedding",
  "EncodedRef",
  "ErrorCode",
  "ErrorDetail",
  "ImageInfo",
  "JobMask",
  "JobState",
  "Labelmap",
  "ListedTerm",
  "LocalOptions",
  "LogAction",
  "LogEntry",
  "LogSegment",
  "Mask",
  "MaskOrigin",
  "ModelInfo",
  "NamedWindow",
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
  "Slice",
  "SliceMask",
  "SliceRef",
  "Study",
  "Transform",
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

test("the client package is entered by its index and its worker", () => {
  const { exports } = JSON.parse(readFileSync(join(repositoryRoot, "client/package.json"), "utf8"));
  expect(Object.keys(exports)).toEqual([".", "./worker"]);
});
