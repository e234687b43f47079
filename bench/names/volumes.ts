/** Labelled volumes nobody trained on: every label of a study on slices that show it and on slices that do not. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sliceGrid, sliceOf } from "../../core/image/slice.ts";
import { defaultWindow } from "../../core/image/window.ts";
import { createMask, maskArea, maskDice } from "../../core/mask/mask.ts";
import { labelsOn } from "../organs/slices.ts";
import { STUDIES } from "../organs/studies.ts";
import { open } from "../organs/volume.ts";
import { ask, type NamesBench } from "./pictures.ts";
import type { Asked } from "./summary.ts";

const SOFT = { center: 40, width: 400 };
const LABELS = "train/label-volumes/trunk/labels.json";
const LEAST_PIXELS = 100;
/** At most so many slices of a study, evenly. */
const SLICES = 20;

export async function* judgeVolumes({ data, predictor, vocabulary, note }: NamesBench): AsyncGenerator<Asked> {
  const listed: Record<string, string> = JSON.parse(await readFile(join(data, LABELS), "utf8"));
  for (const study of STUDIES) {
    if (!study.labels || study.trained) continue;
    const volume = await open(join(data, study.image));
    const labels = await open(join(data, study.labels));
    const modality = study.modality ?? volume.modality;
    const window = volume.modality === "CT" ? SOFT : defaultWindow(volume);
    const { count } = sliceGrid(volume, "axial");
    const byName = sideless(listed, study.ids);
    const inStudy = new Set(labels.data);
    for (let n = 0; n < Math.min(SLICES, count); n++) {
      const k = Math.floor((n * count) / Math.min(SLICES, count));
      const slice = sliceOf(volume, "axial", k);
      const view = (await predictor.see({ slice, window, modality }, ["f32"])).get("f32");
      const map = labelsOn(slice, labels);
      for (const [name, ids] of byName) {
        if (!view || !ids.some((id) => inStudy.has(id))) continue;
        const data8 = Uint8Array.from(map, (value) => (ids.includes(value) ? 1 : 0));
        const truth = createMask(slice.width, slice.height, data8);
        const area = maskArea(truth);
        if (area > 0 && area < LEAST_PIXELS) continue;
        const found = await ask(view, vocabulary, name, modality);
        const from = `${study.title} ${k}`;
        if (found) yield { ...found.asked, from, ...(area > 0 ? { dice: maskDice(found.mask, truth) } : {}) };
      }
      note(`${study.title} ${n + 1}`);
    }
  }
}

/** Both sides of a structure are asked as one: the model is asked without a side. */
function sideless(listed: Readonly<Record<string, string>>, ids: readonly number[] | undefined) {
  const byName = new Map<string, number[]>();
  for (const [key, label] of Object.entries(listed)) {
    const id = Number(key);
    if (ids && !ids.includes(id)) continue;
    const name = label
      .replaceAll("_", " ")
      .replace(/\b(left|right)\b/g, "")
      .trim()
      .replace(/ +/g, " ");
    const chambers = /^(atrium|ventricle|heart)/.test(name) ? label.replaceAll("_", " ") : name;
    byName.set(chambers, [...(byName.get(chambers) ?? []), id]);
  }
  return byName;
}
