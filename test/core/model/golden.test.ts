import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { createDecoder } from "../../../core/model/decoder.ts";
import { checkGolden } from "../../../core/model/golden.ts";
import { ortSession } from "../../../core/tensor/ort-session.ts";
import type { Session } from "../../../core/tensor/session.ts";
import { type TinyModel, tinyModel } from "../../support/onnx.ts";

let model: TinyModel;
beforeAll(async () => {
  model = await tinyModel();
});

/** Checks the golden with an answer that a broken device might give. */
async function checked(spoil: (data: Float32Array, name: string) => void) {
  const session = (name: string) => ortSession(ort, model.files[name]!);
  const real = await session("decoder.onnx");
  const spoiled: Session = {
    ...real,
    run: async (feeds) => {
      const outputs = await real.run(feeds);
      for (const [name, { data }] of Object.entries(outputs)) spoil(data as Float32Array, name);
      return outputs;
    },
  };
  const decoder = createDecoder({ manifest: model.manifest, decoder: spoiled, prepare: await session("prepare.onnx") });
  const result = await checkGolden(decoder, model.files["golden.safetensors"]!, model.manifest);
  await decoder.release();
  return result;
}

describe("checkGolden", () => {
  test("passes on the device that wrote it", async () => {
    const result = await checked(() => {});
    expect(result).toMatchObject({ ok: true });
    expect(result.iou).toBeGreaterThan(0.99);
  });

  test("forgives the last bits", async () => {
    const nudge = (data: Float32Array) => {
      for (let i = 0; i < data.length; i++) data[i] *= 1.00001;
    };
    expect(await checked(nudge)).toMatchObject({ ok: true });
  });

  test.each<[string, (data: Float32Array, name: string) => void]>([
    ["zeros", (data) => data.fill(0)],
    ["NaN", (data) => data.fill(Number.NaN)],
    [
      "one mask of four turned over",
      (data, name) => name === "low_res_masks" && data.subarray(65536, 131072).reverse(),
    ],
    [
      "every mask a little too large",
      (data, name) => {
        if (name === "low_res_masks") for (let i = 0; i < data.length; i++) data[i] += 0.5;
      },
    ],
    [
      "other scores",
      (data, name) => {
        if (name === "iou_predictions") data[2] -= 0.1;
      },
    ],
  ])("fails on a device that answers %s, and says why", async (_, spoil) => {
    const result = await checked(spoil);
    expect(result.ok).toBe(false);
    expect(result.reason).toMatch(/\w+/);
  });

  test("a golden file that is no golden file is an answer, not a crash", async () => {
    const decoder = createDecoder({
      manifest: model.manifest,
      decoder: await ortSession(ort, model.files["decoder.onnx"]!),
    });
    expect(await checkGolden(decoder, new Uint8Array(3), model.manifest)).toMatchObject({ ok: false, iou: 0 });
    await decoder.release();
  });
});
