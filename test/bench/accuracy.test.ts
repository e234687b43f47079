import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contextOf, type LabelledSlice, readCase, readIndex } from "../../bench/accuracy/data-set.ts";
import { reportOf, tables } from "../../bench/accuracy/report.ts";
import { runAccuracy } from "../../bench/accuracy/run.ts";
import { maskArea } from "../../core/mask/mask.ts";
import { dataPath, needsData } from "../support/data.ts";
import { writeTinyModel } from "../support/onnx.ts";

const data = dataPath("train/index.jsonl") && dataPath("train");

/** The first picture of the split whose source is `source`. */
async function labelled(root: string, source: string): Promise<LabelledSlice> {
  const item = (await readIndex(root)).find((candidate) => candidate.source === source);
  if (!item) throw new Error(`no picture of ${source}`);
  return readCase(root, item, { perStructure: 3, seed: "0" });
}

test("the first word of a modality is its context, in the models' vocabulary", () => {
  const contexts = ["CT chest", "X-ray angiography", "mammography", "blood smear", "OCTA", "pathology H&E"];
  expect(contexts.map((modality) => contextOf({ modality }))).toEqual([
    "CT",
    "XR",
    "XR",
    "microscopy",
    "fundus",
    "pathology",
  ]);
});

test("of the masks that are held for bad, the report says how many are; lesions have a row of their own", () => {
  const of = (predicted: number, real: number) => ({ dice1: 0, predicted, real });
  const tag = { split: "val", source: "a", context: "CT", method: "m", image: "1", name: "liver" };
  const rows = [of(0.1, 0.1), of(0.1, 0.2), of(0.1, 0.9), of(0.9, 0.1)].map((scores) => ({ ...tag, scores }));
  const report = reportOf([...rows, { ...tag, name: "kidney stone", isLesion: true, scores: of(0.5, 0.5) }]);
  expect(report.val.all.m.doubtfulRight).toBeCloseTo(2 / 3, 12);
  expect([report.val.all.m.instances, report.val.lesions.m.instances]).toEqual([5, 1]);
});

describe("with the labelled pictures", needsData("train/index.jsonl"), () => {
  const root = data ?? "";

  test("nuclei are judged one by one, at most three of a picture, and named together", async () => {
    const { instances, structures } = await labelled(root, "micro_dsb2018");
    expect(structures).toHaveLength(1);
    expect(instances.length).toBeLessThanOrEqual(3);
    expect(instances.every(({ mask }) => maskArea(mask) >= 100)).toBe(true);
  });

  test("judges a model, its wires and both baselines on two pictures, twice the same", {
    timeout: 240_000,
  }, async () => {
    const dir = await mkdtemp(join(tmpdir(), "accuracy-"));
    try {
      await writeTinyModel(dir, "promptomy", "tiny");
      const options = {
        data: root,
        splits: ["val-unseen"],
        models: [dir],
        limitPerSource: 1,
        perStructure: 1,
        noc: false,
        baselines: true,
        wires: true,
        context: true,
        zoom: true,
        seed: "0",
        threads: 1,
        sources: ["Ultrasound-Liver", "Kidney-Disease-T2W"],
        note: () => undefined,
      };
      const rows = await runAccuracy(options);
      const { all, US, MR } = reportOf(rows)["val-unseen"];
      expect(Object.keys(all)).toEqual(["tiny", "tiny · int8", "tiny · int4", "region growing", "random walker"]);
      expect([all.tiny.sources, US.tiny.sources, MR.tiny.sources]).toEqual([2, 1, 1]);
      for (const key of ["dice1", "best", "dice5", "falls", "box", "scribble", "text", "falseArea", "presenceAuc"]) {
        expect(all.tiny[key]).toBeGreaterThanOrEqual(0);
        expect(all.tiny[key]).toBeLessThanOrEqual(1);
      }
      expect(all.tiny.best).toBeGreaterThanOrEqual(all.tiny.dice1);
      expect(tables(reportOf(rows))).toContain("| all | random walker | 2 |");
      expect(await runAccuracy({ ...options, baselines: false, wires: false })).toEqual(
        rows.filter(({ method }) => method === "tiny"),
      );
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
