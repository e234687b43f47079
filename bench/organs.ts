/** `bench organs`: every labelled organ of the real test volumes, by its name alone, by one click and by its box. */

import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { lpsToIjk, multiply, transformPoint } from "../core/geometry.ts";
import { createMask, type Mask, maskArea, maskDice } from "../core/mask.ts";
import { sliceGrid, sliceOf } from "../core/slice.ts";
import type { Slice, Volume, Window } from "../core/volume.ts";
import { defaultWindow, windowToBytes } from "../core/window.ts";
import { readImage, writePng } from "../formats/index.ts";
import { loadModels } from "../server/models/registry.ts";
import { createPredictor, type Predictor, type View } from "./accuracy/predictor.ts";
import { boxAround, firstClick } from "./accuracy/user.ts";

/** Soft tissue, as abdominal CT is read. */
const SOFT: Window = { center: 40, width: 400 };

/** Objects with fewer pixels on their largest slice are left out. */
const LEAST_PIXELS = 60;

interface Study {
  readonly title: string;
  readonly image: string;
  readonly labels: string;
  /** Label ids that mean the same as in the trunk's `labels.json`; all when left out. */
  readonly ids?: readonly number[];
}

const STUDIES: readonly Study[] = [
  { title: "CT abdomen", image: "tests/ct_dicom_j2k/series", labels: "tests/ct_dicom_j2k/labels.nii.gz" },
  {
    title: "CT trunk (its patient was trained on)",
    image: "tests/nifti/example_ct_sm.nii.gz",
    labels: "tests/nifti/example_seg.nii.gz",
  },
  { title: "CT spleen", image: "tests/nifti/spleen2_ct.nii.gz", labels: "tests/nifti/spleen2_seg.nii.gz", ids: [1] },
  {
    title: "MR abdomen",
    image: "tests/nifti/example_mr_sm.nii.gz",
    labels: "tests/nifti/example_seg_mr.nii.gz",
    ids: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  },
];

interface Organ {
  readonly name: string;
  readonly k: number;
  readonly truth: Mask;
}

async function open(path: string): Promise<Volume> {
  const paths = (await stat(path)).isDirectory() ? (await readdir(path)).map((name) => join(path, name)) : [path];
  return readImage(await Promise.all(paths.map(async (file) => ({ bytes: await readFile(file) }))));
}

/** The label under every pixel of axial slice k, through patient space: the two files may store their axes differently. */
function labelsOn(slice: Slice, labels: Volume): Uint16Array {
  const xyToIjk = multiply(lpsToIjk(labels.ijkToLps), slice.xyToLps);
  const [columns, rows, slices] = labels.size;
  const out = new Uint16Array(slice.width * slice.height);
  for (let n = 0; n < out.length; n++) {
    const at = transformPoint(xyToIjk, [n % slice.width, Math.floor(n / slice.width), 0]).map(Math.round);
    const [i = 0, j = 0, k = 0] = at;
    if (i < 0 || j < 0 || k < 0 || i >= columns || j >= rows || k >= slices) continue;
    out[n] = labels.data[i + columns * (j + rows * k)];
  }
  return out;
}

/** The largest axial slice of every label. */
function organsOf(volume: Volume, labels: Volume, names: ReadonlyMap<number, string>): Organ[] {
  const best = new Map<number, { k: number; area: number }>();
  const maps: Uint16Array[] = [];
  for (let k = 0; k < sliceGrid(volume, "axial").count; k++) {
    const map = labelsOn(sliceOf(volume, "axial", k), labels);
    maps.push(map);
    const areas = new Map<number, number>();
    for (const id of map) if (id > 0) areas.set(id, (areas.get(id) ?? 0) + 1);
    for (const [id, area] of areas) if (area > (best.get(id)?.area ?? LEAST_PIXELS - 1)) best.set(id, { k, area });
  }
  const { width, height } = sliceOf(volume, "axial", 0);
  return [...best].flatMap(([id, { k }]) => {
    const name = names.get(id);
    const truth = createMask(
      width,
      height,
      Uint8Array.from(maps[k], (value) => (value === id ? 1 : 0)),
    );
    return name ? [{ name, k, truth }] : [];
  });
}

/** Slice with the truth's outline in green and the answer's in red. */
function overlay(slice: Slice, window: Window, truth: Mask, answer: Mask): Uint8Array {
  const grey = windowToBytes(slice, window);
  const data = Uint8Array.from({ length: grey.length * 3 }, (_, n) => grey[Math.floor(n / 3)]);
  const draw = ({ width, data: inside }: Mask, colour: readonly [number, number, number]) => {
    for (let n = 0; n < inside.length; n++) {
      const edge = inside[n] && [n - 1, n + 1, n - width, n + width].some((beside) => !inside[beside]);
      if (edge) data.set(colour, n * 3);
    }
  };
  draw(truth, [60, 255, 60]);
  draw(answer, [255, 60, 60]);
  return writePng({ width: slice.width, height: slice.height, data, channels: 3 });
}

async function judge(view: View, { name, truth }: Organ) {
  const named = await view.ask([{ kind: "text", text: name }]);
  const clicked = await view.ask([firstClick(truth)]);
  const boxed = await view.ask([boxAround(truth)]);
  const cells = [
    maskArea(truth),
    named.presence?.toFixed(2) ?? "",
    ...[named.served, clicked.mask, boxed.mask].map((mask) => maskDice(mask, truth).toFixed(2)),
  ];
  return { row: `| ${name} | ${cells.join(" | ")} |`, named: named.mask, clicked: clicked.mask };
}

async function judgeStudy(
  study: Study,
  data: string,
  predictor: Predictor,
  out: string | undefined,
): Promise<string[]> {
  const [volume, labels] = await Promise.all([open(join(data, study.image)), open(join(data, study.labels))]);
  const listed: Record<string, string> = JSON.parse(
    await readFile(join(data, "train/label-volumes/trunk/labels.json"), "utf8"),
  );
  const names = new Map(Object.entries(listed).map(([id, name]) => [Number(id), name.replaceAll("_", " ")]));
  const window = volume.modality === "CT" ? SOFT : defaultWindow(volume);
  const rows: string[] = [];
  for (const organ of organsOf(volume, labels, names)) {
    if (study.ids && ![...names].some(([id, name]) => name === organ.name && study.ids?.includes(id))) continue;
    const slice = sliceOf(volume, "axial", organ.k);
    const view = (await predictor.see({ slice, window, modality: volume.modality }, ["f32"])).get("f32");
    if (!view) continue;
    const { row, named, clicked } = await judge(view, organ);
    rows.push(row);
    const file = (how: string) => join(out ?? "", `${study.title} - ${organ.name} - ${how}.png`);
    if (!out) continue;
    await writeFile(file("name"), overlay(slice, window, organ.truth, named));
    await writeFile(file("click"), overlay(slice, window, organ.truth, clicked));
  }
  return rows;
}

/** `bench organs [--data DIR] [--model DIR] [--out DIR]`: prints a table of each study, and writes overlays to `--out`. */
export async function organs(args: readonly string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { data: text, model: text, out: text } });
  const data = values.data ?? process.env.PROMPTOMY_DATA ?? "../shared/data";
  const [model] = (await loadModels([values.model ?? "models/default"])).list();
  if (!model) throw new RangeError(`No model in ${values.model ?? "models/default"}.`);
  if (values.out) await mkdir(values.out, { recursive: true });
  const predictor = await createPredictor(model);
  for (const study of STUDIES) {
    const rows = await judgeStudy(study, data, predictor, values.out);
    const head = "| organ | pixels | presence | name | 1 click | box |\n|---|---|---|---|---|---|";
    process.stdout.write(`\n${study.title}\n\n${head}\n${rows.join("\n")}\n`);
  }
  await predictor.release();
}
