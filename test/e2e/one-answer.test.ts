/** One answer, whichever door: the same prompts on the same slice give the same mask through each of them. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Prompt } from "../../client/index.ts";
import { sliceOf } from "../../core/image/slice.ts";
import { type Mask, maskIou } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { createPhantom } from "../../core/phantom/phantom.ts";
import { MaskResponse } from "../../core/wire/index.ts";
import { runCli } from "../../server/commands/main.ts";
import { dicom, element, image, u16 } from "../formats/dicom-writer.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { clientStage } from "../support/client-stage.ts";
import { repositoryRoot } from "../support/data.ts";

/** In the page. */
declare const client: ClientPage;

const MODELS = join(repositoryRoot, "models");
const stage = clientStage({ modelDirs: [MODELS] });

const click = (x: number, y: number, label: "foreground" | "background" = "foreground"): Prompt => ({
  ...{ kind: "point", x, y, label },
});
const box = (x0: number, y0: number, x1: number, y1: number): Prompt => ({ kind: "box", x0, y0, x1, y1 });
const line = (
  kind: "scribble" | "lasso",
  label: "foreground" | "background",
  ...points: [number, number][]
): Prompt => ({
  ...{ kind, points, label },
});
const name = (text: string): Prompt => ({ kind: "text", text });
const square = (x0: number, y0: number, side: number): Prompt => {
  const counts: number[] = [x0 * SIZE.height + y0];
  for (let x = 0; x < side; x++) counts.push(side, SIZE.height - side);
  const total = SIZE.width * SIZE.height;
  counts[counts.length - 1] += total - counts.reduce((sum, count) => sum + count, 0);
  return { kind: "mask", rle: { size: [SIZE.height, SIZE.width], counts } };
};

/** The phantom's slice 50, 40/400: liver at the left, stomach and spleen at the right, vertebra in the middle below. */
const K = 50;
const SIZE = (({ width, height }) => ({ width, height }))(sliceOf(createPhantom().volume, "axial", K));

const SETS: readonly (readonly Prompt[])[] = [
  ...[click(80, 85), click(60, 100), click(160, 90), click(128, 150), click(30, 128), click(128, 30)].map((one) => [
    one,
  ]),
  [click(80, 85), click(80, 85)],
  [click(80, 85), click(100, 100)],
  [click(80, 85), click(160, 90, "background")],
  [click(128, 145), click(131, 149)],
  [click(120, 120), click(124, 122), click(118, 126)],
  [click(200, 100), click(204, 104)],
  [click(200, 40, "background")],
  [click(10, 10, "background"), line("scribble", "background", [20, 20], [30, 30])],
  [box(40, 50, 120, 130)],
  [box(120, 130, 40, 50)],
  [box(110, 130, 146, 166)],
  [box(150, 60, 220, 130)],
  [box(118, 112, 136, 130)],
  [box(80, 85, 80, 85)],
  [box(40, 50, 120, 130), click(60, 100)],
  [box(110, 130, 146, 166), click(128, 150)],
  [line("scribble", "foreground", [60, 80], [80, 90], [90, 110])],
  [line("scribble", "foreground", [122, 146], [128, 150], [134, 152])],
  [line("scribble", "foreground", [60, 80], [80, 90]), line("scribble", "background", [150, 80], [180, 90])],
  [line("lasso", "foreground", [50, 60], [110, 60], [110, 120], [50, 120])],
  [line("lasso", "foreground", [116, 134], [142, 134], [142, 164], [116, 164])],
  [click(80, 85), line("lasso", "background", [90, 60], [110, 60], [110, 120], [90, 120])],
  [square(60, 70, 40)],
  [square(120, 140, 14)],
  [square(60, 70, 40), click(70, 120)],
  [name("liver")],
  [name("spleen")],
  [name("left kidney")],
  [name("right kidney")],
  [name("right rib 5")],
  [name("vertebra")],
  [name("liver"), click(80, 85)],
  [name("left lung"), click(128, 150)],
  [click(80, 85), box(40, 50, 120, 130), line("scribble", "background", [150, 80], [180, 90])],
];

/** First answers that are refined, twice where there is a third. */
const CHAINS: readonly (readonly Prompt[])[] = [
  [click(80, 85), click(100, 110)],
  [click(80, 85), click(60, 100), click(160, 90, "background")],
  [click(128, 150), click(133, 144)],
  [box(110, 130, 146, 166), click(112, 132, "background")],
  [line("scribble", "foreground", [60, 80], [80, 90]), click(160, 90, "background")],
];

type Outcome = { readonly masks: readonly Mask[] } | { readonly code: string };

const outcomeOf = (answer: unknown): Outcome => {
  const problem = answer as { code?: string };
  if (problem.code) return { code: problem.code };
  return { masks: MaskResponse.parse(answer).masks.map(({ rle }) => decodeRle(rle)) };
};

let dir: string;
let file: string;
let imageId: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "doors-"));
  file = join(dir, "slice.dcm");
  await writeFile(file, phantomSlice());
  const body = new Uint8Array(await readFile(file));
  imageId = ((await (await post("/v1/images", body)).json()) as { imageId: string }).imageId;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The slice as a CT image of its own: geometry and HU travel through every door. */
function phantomSlice(): Uint8Array<ArrayBuffer> {
  const { data, rescale, spacingMm, width, height, xyToLps } = sliceOf(createPhantom().volume, "axial", K);
  const hu = Uint16Array.from(data, (value) => value * rescale.slope + rescale.intercept + 2048);
  return dicom(
    image({
      ...{ rows: height, columns: width, stored: 16, slope: "1", intercept: "-2048" },
      position: [xyToLps[3], xyToLps[7], xyToLps[11]].join("\\"),
      orientation: "1\\0\\0\\0\\1\\0",
      spacing: `${spacingMm?.[1]}\\${spacingMm?.[0]}`,
      pixels: element(0x7fe00010, "OW", u16(...hu)),
    }),
  );
}

const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${stage.server.url}${path}`, { method: "POST", body, headers });

const WINDOW = { center: 40, width: 400 };

async function byMasks(prompts: readonly Prompt[], previous?: string): Promise<unknown> {
  const request = { imageId, window: WINDOW, prompts, multimask: true, ...(previous ? { previous } : {}) };
  return (await post("/v1/masks", JSON.stringify(request), { "Content-Type": "application/json" })).json();
}

async function bySegment(prompts: readonly Prompt[]): Promise<unknown> {
  const form = new FormData();
  form.append("image", new Blob([new Uint8Array(await readFile(file))]));
  form.append("request", JSON.stringify({ window: WINDOW, prompts, multimask: true }));
  return (await post("/v1/segment", form)).json();
}

/** Exit codes of a run that gave an answer: a mask, or the word that the structure is absent. */
const ANSWERED = [0, 3];

/** One best mask: the command line offers no candidates. */
async function byCommand(prompts: readonly Prompt[], n: number): Promise<Outcome> {
  const [request, out] = [join(dir, `prompts-${n}.json`), join(dir, `mask-${n}.json`)];
  await writeFile(request, JSON.stringify(prompts));
  const where = ["--cache-dir", join(dir, "cache"), "--model-dir", MODELS, "--device", "cpu", "--quiet"];
  const args = ["segment", file, "--prompts", request, "--window", "40,400", "-o", out, ...where];
  if (!ANSWERED.includes(await runCli(args))) return { code: "refused" };
  return outcomeOf(JSON.parse(await readFile(out, "utf8")));
}

/** In the page: every candidate as run lengths, or the code of the refusal. */
const byBrowser = (decode: "wasm" | "server", prompts: readonly Prompt[]) =>
  stage.page.evaluate(
    async ({ decode, prompts, imageId, window }) => {
      const segmenter = await client.shared(decode);
      try {
        const slice = await segmenter.embed({ imageId, window });
        const masks = await segmenter.segment(slice, prompts, { multimask: true });
        return { masks: masks.map(({ width, height, data }) => ({ width, height, data: [...data] })) };
      } catch (error) {
        if (client.isSegmenterError(error)) return { code: error.code as string };
        throw error;
      }
    },
    { decode, prompts: [...prompts], imageId, window: WINDOW },
  );

const asOutcome = (found: Awaited<ReturnType<typeof byBrowser>>): Outcome =>
  found.masks ? { masks: found.masks.map((mask) => ({ ...mask, data: Uint8Array.from(mask.data) })) } : found;

/** The same candidates in the same order, or the same refusal. */
function expectSame(a: Outcome, b: Outcome, door: string): void {
  if ("code" in a || "code" in b) {
    expect(b, door).toEqual(a);
    return;
  }
  expect(b.masks.length, door).toBe(a.masks.length);
  for (const [n, mask] of b.masks.entries()) expect(maskIou(a.masks[n]!, mask), door).toBeGreaterThanOrEqual(0.99);
}

describe("the same mask", () => {
  test.each(SETS.map((prompts, n) => ({ n, prompts, said: prompts.map(({ kind }) => kind).join(" + ") })))(
    "$n: $said through the browser, the API and the one-call route",
    async ({ prompts }) => {
      const expected = outcomeOf(await byMasks(prompts));
      expectSame(expected, outcomeOf(await bySegment(prompts)), "POST /v1/segment");
      expectSame(expected, asOutcome(await byBrowser("wasm", prompts)), "browser, WASM");
      expectSame(expected, asOutcome(await byBrowser("server", prompts)), "browser, server");
    },
  );

  test("from the command line, best mask of each set", async () => {
    for (const [n, prompts] of SETS.entries()) {
      const [expected, found] = [outcomeOf(await byMasks(prompts)), await byCommand(prompts, n)];
      if ("code" in expected) expect(found, `set ${n}`).toEqual({ code: "refused" });
      else if ("masks" in found) expectSame({ masks: [expected.masks[0]!] }, found, `set ${n}`);
      else expect(found, `set ${n}`).toEqual(expected);
    }
  });

  test.each(CHAINS.map((steps, n) => ({ n, steps })))("refined, chain $n", async ({ steps }) => {
    const inBrowser = await Promise.all((["wasm", "server"] as const).map((decode) => refinedInBrowser(decode, steps)));
    let previous: string | undefined;
    let answer: MaskResponse | undefined;
    for (const count of steps.keys()) {
      answer = MaskResponse.parse(await byMasks(steps.slice(0, count + 1), previous));
      previous = answer.lowResLogitsId;
    }
    const expected = { masks: answer!.masks.map(({ rle }) => decodeRle(rle)) };
    for (const found of inBrowser) expectSame(expected, asOutcome(found), "browser");
  });
});

const refinedInBrowser = (decode: "wasm" | "server", steps: readonly Prompt[]) =>
  stage.page.evaluate(
    async ({ decode, steps, imageId, window }) => {
      const segmenter = await client.shared(decode);
      const slice = await segmenter.embed({ imageId, window });
      let masks = await segmenter.segment(slice, [steps[0]!], { multimask: true });
      for (let count = 2; count <= steps.length; count++)
        masks = await segmenter.segment(slice, steps.slice(0, count), { multimask: true, previous: masks[0] });
      return { masks: masks.map(({ width, height, data }) => ({ width, height, data: [...data] })) };
    },
    { decode, steps: [...steps], imageId, window: WINDOW },
  );

describe("what the prompts say", () => {
  const area = async (prompts: readonly Prompt[]) => MaskResponse.parse(await byMasks(prompts)).masks[0]!.area;

  test("[11] a click that is given twice, three or five times is one click", async () => {
    const once = await area([click(80, 85)]);
    expect(once).toBeGreaterThan(100);
    for (const times of [2, 3, 5]) expect(await area(Array<Prompt>(times).fill(click(80, 85)))).toBe(once);
    expect(await area([click(80, 85), click(81, 86)])).toBe(once);
  });

  test("[12] exclusions alone give an empty mask", async () => {
    for (const prompts of [[click(200, 40, "background")], [line("scribble", "background", [10, 10], [60, 60])]])
      expect(await area(prompts)).toBe(0);
  });

  test("[13] a box of one pixel is a box, and a reversed one is the same box", async () => {
    expect(outcomeOf(await byMasks([box(80, 85, 80, 85)]))).toHaveProperty("masks");
    expect(await area([box(120, 130, 40, 50)])).toBe(await area([box(40, 50, 120, 130)]));
  });

  test("a small object is answered from a crop, and the answer says which", async () => {
    const request = { imageId, window: WINDOW, prompts: [box(118, 112, 136, 130)] };
    const ask = async (more: object) =>
      MaskResponse.parse(
        await (
          await post("/v1/masks", JSON.stringify({ ...request, ...more }), { "Content-Type": "application/json" })
        ).json(),
      );
    const [near, whole] = [await ask({ zoom: "always" }), await ask({ zoom: "never" })];
    expect(near.crop).toBeDefined();
    expect(near.embeddingId).not.toBe(whole.embeddingId);
    expect(whole.crop).toBeUndefined();
  });

  test("every sided name of the vocabulary is taken by the server's backend in the browser", async () => {
    const entries = JSON.parse(await readFile(join(MODELS, "vocabulary.json"), "utf8")) as {
      name: string;
      side?: string;
    }[];
    const sided = entries.filter(({ side }) => side).map(({ name: said }) => said);
    expect(sided.length).toBeGreaterThan(100);
    const refused: string[] = [];
    for (const said of sided) {
      const found = await byBrowser("server", [name(said)]);
      if (!found.masks) refused.push(`${said}: ${found.code}`);
    }
    expect(refused).toEqual([]);
  });
});
