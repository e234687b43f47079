import { describe, expect, test } from "vitest";
import type { SegmenterStatus } from "../../client/index.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { CLICK, clientStage } from "../support/client-stage.ts";

/** In the page. */
declare const client: ClientPage;

const stage = clientStage();

describe("errors", () => {
  test("keep their code and detail over the worker's boundary", async () => {
    const error = await stage.page.evaluate(async (at) => {
      const segmenter = await client.shared("wasm");
      const slice = await segmenter.embed(at);
      const outside = { kind: "point", x: 9999, y: 0, label: "foreground" } as const;
      const thrown: unknown = await segmenter.segment(slice, [outside]).catch((reason: unknown) => reason);
      return client.isSegmenterError(thrown, "InvalidPrompt") ? thrown.detail : String(thrown);
    }, stage.at);
    expect(error).toMatchObject({ index: 0 });
  });

  test("name the model when the embedding is another's, and the slice when there is none", async () => {
    const codes = await stage.page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("wasm");
        const slice = await segmenter.embed(at);
        const codeOf = (call: Promise<unknown>) =>
          call.then(
            () => "none",
            (thrown: unknown) => (client.isSegmenterError(thrown) ? thrown.code : String(thrown)),
          );
        return [
          await codeOf(segmenter.segment({ ...slice, model: "other" }, [click])),
          await codeOf(segmenter.embed({ ...at, slice: 9999 })),
          await codeOf(client.createSegmenter({ server: location.origin, model: "nobody" })),
        ];
      },
      { at: stage.at, click: CLICK },
    );
    expect(codes).toEqual(["ModelMismatch", "SliceNotFound", "UnknownModel"]);
  });

  test("an aborted call rejects with the signal's reason, before and while it runs, and the next one works", async () => {
    const result = await stage.page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("wasm");
        const reasonOf = (call: Promise<unknown>) =>
          call.then(
            () => "done",
            (reason: unknown) => reason,
          );
        const aborted = AbortSignal.abort("before");
        const slice = await segmenter.embed(at);
        const running = new AbortController();
        const late = segmenter.segment(slice, [click], { signal: running.signal });
        running.abort("while");
        const embedding = new AbortController();
        const encode = segmenter.embed({ ...at, slice: 41 }, { signal: embedding.signal });
        embedding.abort("embed");
        return [
          await reasonOf(segmenter.segment(slice, [click], { signal: aborted })),
          await reasonOf(segmenter.embed(at, { signal: aborted })),
          await reasonOf(late),
          await reasonOf(encode),
          (await segmenter.segment(slice, [click])).length,
        ];
      },
      { at: stage.at, click: CLICK },
    );
    expect(result).toEqual(["before", "before", "while", "embed", 1]);
  });

  test("of many previews at once the first and the last are decoded", async () => {
    const answered = await stage.page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.shared("wasm");
        const slice = await segmenter.embed(at);
        const previews = Array.from({ length: 10 }, () => segmenter.preview(slice, [click]));
        return (await Promise.all(previews)).map((mask) => mask !== undefined);
      },
      { at: stage.at, click: CLICK },
    );
    expect(answered).toEqual([true, ...Array<boolean>(8).fill(false), true]);
  });
});

describe("the ladder", () => {
  test("goes to the server when no worker starts, and says why", async () => {
    const { status, area } = await stage.page.evaluate(
      async ({ at, click }) => {
        const segmenter = await client.createSegmenter({ server: location.origin, worker: client.brokenWorker });
        const status = await segmenter.ready();
        const [mask] = await segmenter.segment(await segmenter.embed(at), [click]);
        segmenter.close();
        return { status, area: client.maskArea(mask) };
      },
      { at: stage.at, click: CLICK },
    );
    expect(status).toMatchObject({ state: "ready", backend: "server" });
    expect(status.reason).toMatch(/No WebGPU: its worker crashed.*broken on purpose.* No WASM: its worker crashed/);
    expect(area).toBeGreaterThan(0);
  });

  test("starts a crashed worker again, once, and the masks stay the same", async () => {
    const { statuses, ious } = await stage.page.evaluate(
      async ({ at, click }) => {
        const statuses: SegmenterStatus[] = [];
        const { doomedWorker: worker } = client;
        const onStatus = (status: SegmenterStatus) => statuses.push(status);
        const segmenter = await client.createSegmenter({ server: location.origin, decode: "wasm", worker, onStatus });
        const slice = await segmenter.embed(at);
        const [before] = await segmenter.segment(slice, [click]);
        const ious: number[] = [];
        for (const _ of [1, 2]) {
          const recovering = new Promise<void>((resolve) => {
            segmenter.onStatus(({ state }) => state === "recovering" && resolve());
          });
          new BroadcastChannel("doom").postMessage("crash");
          await recovering;
          const [after] = await segmenter.segment(slice, [click]);
          ious.push(client.maskIou(before, after));
        }
        segmenter.close();
        return { statuses, ious };
      },
      { at: stage.at, click: CLICK },
    );
    const ready = statuses.filter(
      ({ state, ms }, i) => state === "ready" && statuses[i - 1]?.state !== "ready" && ms !== 0,
    );
    expect(ready.map(({ backend }) => backend)).toEqual(["wasm", "wasm", "server"]);
    expect(ready[1]!.reason).toMatch(/Started again: its worker crashed: .*crashed on purpose/);
    for (const iou of ious) expect(iou).toBeGreaterThanOrEqual(0.99);
  });

  test("rejects, and does not hang, when the worker crashes and the server is gone", async () => {
    const codes = await stage.page.evaluate(
      async ({ at, click }) => {
        let gone = false;
        const fetch = (request: Request) => (gone ? Promise.reject(new TypeError("gone")) : globalThis.fetch(request));
        const { doomedWorker: worker } = client;
        const segmenter = await client.createSegmenter({ server: location.origin, decode: "wasm", worker, fetch });
        const slice = await segmenter.embed(at);
        const codeOf = (thrown: unknown) => (client.isSegmenterError(thrown) ? thrown.code : String(thrown));
        const codeOfNext = () => segmenter.segment(slice, [click]).then(() => "mask", codeOf);
        gone = true;
        const recovering = new Promise<void>((resolve) => {
          segmenter.onStatus(({ state }) => state === "recovering" && resolve());
        });
        new BroadcastChannel("doom").postMessage("crash");
        await recovering;
        const whileGone = await codeOfNext();
        segmenter.close();
        return [whileGone, await codeOfNext()];
      },
      { at: stage.at, click: CLICK },
    );
    expect(codes).toEqual(["ServerUnreachable", "Cancelled"]);
  });
});
