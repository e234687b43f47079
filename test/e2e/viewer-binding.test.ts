/** `@promptomy/client/viewer` in a browser, with a real server: what every adapter stands on. */
import { describe, expect, test } from "vitest";
import { stack, steps } from "../formats/dicom-objects.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { clientStage } from "../support/client-stage.ts";

declare const client: ClientPage;

const stage = clientStage();

describe("a viewer that is bound", () => {
  test("sends its own voxels once, and its masks are those of the server", async () => {
    const found = await stage.page.evaluate(async () => {
      const segmenter = await client.shared("wasm");
      const size = [64, 48, 20] as const;
      const ijkToLps = [-2, 0, 0, 60, 0, 2, 0, -50, 0, 0, -4, 30, 0, 0, 0, 1];
      const voxels = Int16Array.from({ length: 64 * 48 * 20 }, (_, n) => {
        const [i, j, k] = [n % 64, Math.floor(n / 64) % 48, Math.floor(n / (64 * 48))];
        return Math.hypot(i - 40, j - 20, (k - 8) * 2) < 12 ? 1100 : 900;
      });
      const shown: { data: Uint8Array; segment: number; slice: number }[] = [];
      const source = { voxels, size, ijkToLps, rescale: { slope: 1, intercept: -1024 }, modality: "CT" };
      const adapter = {
        source: () => source,
        window: () => ({ center: 40.5, width: 397 }),
        show: (mask: { data: Uint8Array; slice: number }, segment: number) => void shown.push({ ...mask, segment }),
      };
      const binding = await client.bind(segmenter, adapter);
      const point = client.transformPoint(ijkToLps, [40, 20, 8]);
      const mask = await binding.prompt({ kind: "point", at: { space: "lps", point, normal: [0, 0, 1] } });
      const { x, y } = binding.pixelOf({ space: "lps", point, normal: [0, 0, 1] });
      const body = {
        imageId: mask.imageId,
        plane: mask.plane,
        slice: mask.slice,
        window: { center: 40, width: 400 },
        prompts: [{ kind: "point", x, y, label: "foreground" }],
      };
      const answer = await fetch("/v1/masks", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      const { masks } = await answer.json();
      const truth = client.decodeRle(masks[0].rle);
      const again = await client.bind(segmenter, adapter);
      const undone = await binding.undo();
      return {
        image: binding.image,
        same: again.image.imageId === binding.image.imageId,
        slice: mask.slice,
        iou: client.maskIou(mask, truth),
        area: client.maskArea(truth),
        undone: [undone, await binding.undo()],
        last: shown.at(-1)?.data.some((value) => value !== 0),
        count: shown.length,
      };
    });
    expect(found.image).toMatchObject({ modality: "CT", size: [64, 48, 20], rescale: { slope: 1, intercept: -1024 } });
    expect(found.image.warnings).toEqual([]);
    expect(found.same).toBe(true);
    expect(found.slice).toBe(11); // stored feet last: our k counts to the head
    expect(found.area).toBeGreaterThan(0);
    expect(found.iou).toBeGreaterThan(0.99);
    expect(found).toMatchObject({ undone: [true, false], last: false, count: 2 });
  });

  test("encodes nothing while its window is dragged, and what it was refused leaves no trace", async () => {
    const embeds: string[] = [];
    stage.page.on("request", (request) => {
      if (request.url().endsWith("/embeddings")) embeds.push(request.postData() ?? "");
    });
    const found = await stage.page.evaluate(async (at) => {
      const segmenter = await client.shared("wasm");
      let width = 380;
      const window = () => ({ center: 40, width: width++ });
      const binding = await client.bind(segmenter, { source: () => ({ imageId: at.imageId }), window, show: () => {} });
      const click = { space: "image", x: 80, y: 90, pixel: "centre", plane: at.plane, slice: at.slice } as const;
      for (let n = 0; n < 4; n++) await binding.prompt({ kind: "point", at: { ...click, x: 80 + 8 * n } });
      const before = binding.log;
      const refused = await binding
        .prompt({ kind: "point", at: { ...click, slice: 9999 } })
        .catch((error) => (client.isSegmenterError(error) ? error.code : String(error)));
      return {
        refused,
        same: binding.log === before,
        windows: new Set(
          before.done.map((line) => JSON.stringify("at" in line && "window" in line.at && line.at.window)),
        ).size,
      };
    }, stage.at);
    expect(found).toEqual({ refused: "SliceNotFound", same: true, windows: 2 }); // the segment's line has none
    expect(new Set(embeds.map((body) => JSON.stringify(JSON.parse(body).window)))).toEqual(
      new Set([JSON.stringify({ center: 40, width: 400 })]),
    );
  });

  test("propagates through the stack, and takes that back in one step", async () => {
    const found = await stage.page.evaluate(async (at) => {
      const segmenter = await client.shared("wasm");
      const shown = new Map<number, number>();
      const adapter = {
        source: () => ({ imageId: at.imageId }),
        show: (mask: { data: Uint8Array; slice: number }) =>
          void shown.set(
            mask.slice,
            mask.data.reduce((sum, value) => sum + value),
          ),
      };
      const binding = await client.bind(segmenter, adapter);
      const click = { space: "image", x: 80, y: 90, pixel: "centre", plane: at.plane, slice: at.slice } as const;
      await binding.prompt({ kind: "box", from: { ...click, x: 40, y: 50 }, to: { ...click, x: 120, y: 130 } });
      const steps: number[] = [];
      const masks = await binding.propagate({
        range: [at.slice - 2, at.slice + 2],
        onProgress: (done) => void steps.push(done),
      });
      const filled = masks.map(({ slice }) => slice).sort();
      const result = await segmenter.segmentation(binding.log, binding.image.imageId, { kept: binding.kept });
      await binding.undo();
      return {
        filled,
        steps: steps.length,
        inResult: result.masks.length,
        left: [...shown].filter(([, area]) => area > 0).map(([slice]) => slice),
      };
    }, stage.at);
    expect(found.filled.length).toBeGreaterThan(0);
    expect(found.steps).toBeGreaterThan(0);
    expect(found.inResult).toBe(found.filled.length + 1);
    expect(found.left).toEqual([stage.at.slice]);
  });

  test("finds a series that is here by its UID, without the UID in any address", async () => {
    const uid = "1.2.840.99.7";
    const form = new FormData();
    for (const { bytes } of stack(steps(4, 2), { series: uid })) form.append("file", new Blob([bytes]));
    const { imageId } = await (await fetch(`${stage.server.url}/v1/images`, { method: "POST", body: form })).json();
    const urls: string[] = [];
    stage.page.on("request", (request) => void urls.push(request.url()));
    const found = await stage.page.evaluate(async (uid) => {
      const segmenter = await client.shared("wasm");
      return [await segmenter.findSeries(uid), await segmenter.findSeries("1.2.3")].map((info) => info?.imageId);
    }, uid);
    expect(found).toEqual([imageId, undefined]);
    expect(urls.filter((url) => url.includes(uid))).toEqual([]);
    expect(urls.length).toBeGreaterThan(0);
  });
});
