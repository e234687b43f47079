/** `bench organs`: every labelled organ of the real test volumes, by its name alone, by one click and by its box. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sliceGrid, sliceOf } from "../../core/image/slice.ts";
import type { Volume, Window } from "../../core/image/volume.ts";
import { defaultWindow } from "../../core/image/window.ts";
import { createMask, maskArea, maskDice } from "../../core/mask/mask.ts";
import type { OrganMeasures, PlaceMeasures, RegionMeasures, TaskMeasures } from "../../core/text/names-tables.ts";
import { namedPrompt } from "../../core/text/naming.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { Prompt } from "../../core/wire/prompt.ts";
import { loadModels, type Model } from "../../server/models/registry.ts";
import { loadVocabulary } from "../../server/models/vocabulary.ts";
import { createPredictor, type Predictor, type View } from "../accuracy/predictor.ts";
import { boxAround, firstClick } from "../accuracy/user.ts";
import { overlay } from "./overlay.ts";
import { judgeRegion, type LabelledStudy } from "./regions.ts";
import { type Organ, organsOf } from "./slices.ts";
import { STUDIES, type Study } from "./studies.ts";
import { open } from "./volume.ts";

/** Soft tissue, as abdominal CT is read. */
const SOFT: Window = { center: 40, width: 400 };
const LABELS = "train/label-volumes/trunk/labels.json";

interface Bench {
  readonly data: string;
  readonly predictor: Predictor;
  readonly vocabulary: Vocabulary;
  /** Folder for overlays; none are written without one. */
  readonly out: string | undefined;
}

/** Names of the labels that count in a study. */
async function namesOf({ ids }: Study, data: string): Promise<Map<number, string>> {
  const listed: Record<string, string> = JSON.parse(await readFile(join(data, LABELS), "utf8"));
  const names = Object.entries(listed).map(([id, name]) => [Number(id), name.replaceAll("_", " ")] as const);
  return new Map(names.filter(([id]) => !ids || ids.includes(id)));
}

/** Names with what the model was measured to make of them: only those that work are asked unsaid. */
const measuredNames = (model: Model) => loadVocabulary("models/vocabulary.json", model);

/** What to ask of a study: its labelled organs, or the names that it lists, without a truth, on one slice. */
async function organsIn(study: Study, volume: Volume, data: string): Promise<Organ[]> {
  if (study.labels) return organsOf(volume, await open(join(data, study.labels)), await namesOf(study, data));
  const { width, height } = sliceOf(volume, "axial", 0);
  return (study.asked ?? []).map(({ name, k }) => ({ name, k, truth: createMask(width, height) }));
}

const HEADS = {
  labelled: "| organ | pixels | presence | name | 1 click | box |\n|---|---|---|---|---|---|",
  asked: "| name | axial slice | presence | pixels |\n|---|---|---|---|",
};

/** A study with labels, for what a said region changes; `undefined` for one without. */
async function labelledOf(study: Study, data: string): Promise<LabelledStudy | undefined> {
  const { title, labels: file, region, modality } = study;
  if (!file || !region) return undefined;
  const volume = await open(join(data, study.image));
  const window = volume.modality === "CT" ? SOFT : defaultWindow(volume);
  const labels = await open(join(data, file));
  return {
    title,
    volume,
    labels,
    names: await namesOf(study, data),
    modality: modality ?? volume.modality,
    window,
    region,
  };
}

async function judge(view: View, { name, truth, k }: Organ, prompt: Prompt) {
  const named = await view.ask([prompt]);
  const presence = named.presence?.toFixed(2) ?? "";
  if (maskArea(truth) === 0) return { cells: [name, k, presence, maskArea(named.served)], shown: { name: named.mask } };
  const clicked = await view.ask([firstClick(truth)]);
  const boxed = await view.ask([boxAround(truth)]);
  const scores = [named.served, clicked.mask, boxed.mask].map((mask) => maskDice(mask, truth).toFixed(2));
  return { cells: [name, maskArea(truth), presence, ...scores], shown: { name: named.mask, click: clicked.mask } };
}

/** A row of the table for every organ. */
async function judgeStudy(study: Study, { data, predictor, vocabulary, out }: Bench): Promise<string[]> {
  const volume = await open(join(data, study.image));
  const window = volume.modality === "CT" ? SOFT : defaultWindow(volume);
  const modality = study.modality ?? volume.modality;
  const stack = sliceGrid(volume, "axial");
  const rows: string[] = [];
  for (const organ of await organsIn(study, volume, data)) {
    const slice = sliceOf(volume, "axial", organ.k);
    const view = (await predictor.see({ slice, window, modality }, ["f32"])).get("f32");
    if (!view) continue;
    const { name, k } = organ;
    const prompt = namedPrompt({ kind: "text", text: name }, vocabulary.resolve(name, { modality }), {
      stack,
      slice: k,
    });
    const { cells, shown } = await judge(view, organ, prompt);
    rows.push(`| ${cells.join(" | ")} |`);
    for (const [how, mask] of out ? Object.entries(shown) : [])
      await writeFile(
        join(out ?? "", `${study.title} - ${organ.name} - ${how}.png`),
        overlay(slice, window, { truth: organ.truth, answer: mask }),
      );
  }
  return rows;
}

/**
 * `bench organs [--data DIR] [--model DIR] [--out DIR] [--json FILE]`: prints a table of each study, writes overlays to
 * `--out`, and to `--json` what `docs/names.md` shows.
 */
export async function organs(args: readonly string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { data: text, model: text, out: text, json: text } });
  const data = values.data ?? process.env.PROMPTOMY_DATA ?? "../shared/data";
  const [model] = (await loadModels([values.model ?? "models/default"])).list();
  if (!model) throw new RangeError(`No model in ${values.model ?? "models/default"}.`);
  if (values.out) await mkdir(values.out, { recursive: true });
  const [predictor, vocabulary] = await Promise.all([createPredictor(model), loadVocabulary("models/vocabulary.json")]);
  const kept: OrganMeasures[] = [];
  const regions: RegionMeasures[] = [];
  const places: PlaceMeasures[] = [];
  const tasks: TaskMeasures[] = [];
  for (const study of STUDIES) {
    const rows = await judgeStudy(study, { data, predictor, vocabulary, out: values.out });
    process.stdout.write(`\n${study.title}\n\n${HEADS[study.labels ? "labelled" : "asked"]}\n${rows.join("\n")}\n`);
    kept.push({ study: study.title, head: HEADS[study.labels ? "labelled" : "asked"], rows });
    const labelled = values.json ? await labelledOf(study, data) : undefined;
    if (!labelled) continue;
    const judged = await judgeRegion(labelled, { predictor, vocabulary: await measuredNames(model) });
    regions.push(judged.region);
    tasks.push(...judged.tasks);
    if (judged.places.names.length > 0) places.push(judged.places);
  }
  if (values.json)
    await writeFile(values.json, `${JSON.stringify({ organs: kept, regions, tasks, places }, undefined, 1)}\n`);
  await predictor.release();
}
