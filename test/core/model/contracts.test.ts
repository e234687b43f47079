import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../../core/errors.ts";
import { contextVector } from "../../../core/model/contracts/context.ts";
import { rawMasks } from "../../../core/model/contracts/contract.ts";
import { contractOf } from "../../../core/model/contracts/index.ts";
import type { Session } from "../../../core/tensor/session.ts";
import { tinyModel } from "../../support/onnx.ts";
import { thrownBy } from "../../support/slices.ts";

const CONTEXTS = ["auto", "CT", "MR", "US", "XR", "fundus", "endoscopy", "pathology", "microscopy", "PET"];
const chosen = (modality?: string) => {
  const vector = contextVector(CONTEXTS, modality === undefined ? undefined : { modality });
  const data = [...(vector!.data as Float32Array)];
  expect(data.reduce((sum, value) => sum + value)).toBe(1);
  return CONTEXTS[data.indexOf(1)];
};

describe("contextVector", () => {
  test.each([
    ["CT", "CT"],
    ["MR", "MR"],
    ["US", "US"],
    ["CR", "XR"],
    ["DX", "XR"],
    ["XA", "XR"],
    ["MG", "XR"],
    ["RF", "XR"],
    ["OP", "fundus"],
    ["OPT", "fundus"],
    ["ES", "endoscopy"],
    ["SM", "pathology"],
    ["GM", "microscopy"],
    ["PT", "PET"],
    ["OT", "auto"],
    ["", "auto"],
    ["fundus", "fundus"],
    ["Endoscopy", "endoscopy"],
    ["pet", "PET"],
    ["xr", "XR"],
    ["toString", "auto"],
  ])("the modality %j is the context %s", (modality, expected) => {
    expect(chosen(modality)).toBe(expected);
  });

  test("nothing said is auto", () => {
    expect(chosen()).toBe("auto");
  });

  test("a model without contexts gets none", () => {
    expect(contextVector([], { modality: "CT" })).toBeUndefined();
  });
});

const session = (inputNames: readonly string[]): Session => ({
  inputNames,
  outputNames: [],
  run: () => Promise.reject(new Error("not run here")),
  release: () => Promise.resolve(),
});

describe("contractOf", () => {
  test.each(["promptomy", "meta", "sam"] as const)(
    "refuses a %s manifest over a graph with other inputs",
    async (kind) => {
      const { manifest } = await tinyModel(kind);
      const error = thrownBy(() => contractOf(manifest, session(["x"])));
      expect(isSegmenterError(error, "ModelCorrupt") && error.detail.file).toBe("decoder.onnx");
    },
  );

  test.each([
    ["mask_input", "lasso", true],
    ["other", "lasso", true],
    ["mask_input", "mask", true],
    ["other", "mask", false],
  ] as const)("a Meta graph with %s and the prompt %s: %s", async (input, kind, expected) => {
    const { manifest } = await tinyModel("meta");
    expect(contractOf(manifest, session(["point_coords", "point_labels", input])).takes(kind)).toBe(expected);
  });
});

describe("rawMasks", () => {
  test("refuses logits of another size or count", async () => {
    const { manifest } = await tinyModel("meta");
    const logits = { data: new Float32Array(3 * 256 * 256), dims: [1, 3, 256, 256] };
    expect(rawMasks(logits, new Float32Array(3), manifest).size).toBe(256);
    expect(() => rawMasks(logits, new Float32Array(4), manifest)).toThrow("EncoderOutputInvalid");
    expect(() => rawMasks({ ...logits, dims: [1, 3, 128, 512] }, new Float32Array(3), manifest)).toThrow(
      "EncoderOutputInvalid",
    );
  });
});
