/** The first masks of a fresh page: the server answers until the decoder of the browser has started. */
import { expect, test } from "vitest";
import type { SegmentMask } from "../../client/index.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { CLICK, clientStage } from "../support/client-stage.ts";

/** In the page. */
declare const client: ClientPage;

const stage = clientStage();

/** In the page: a segmenter whose model files arrive when they are let go, and what it has asked of the server. */
declare const held: {
  open(): Promise<Awaited<ReturnType<ClientPage["createSegmenter"]>>>;
  release(): void;
  masksAsked(): number;
};

test("a click is answered before there is a decoder, and refined by it from its own answer", async () => {
  await stage.page.evaluate(() => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    const send = async (request: Request) => {
      if (/\/files\//.test(request.url)) await gate;
      if (/\/v1\/masks$/.test(request.url)) asked++;
      return fetch(request);
    };
    const open = () => client.createSegmenter({ server: location.origin, fetch: send });
    Object.assign(globalThis, { held: { open, release, masksAsked: () => asked } });
  });
  const found = await stage.page.evaluate(
    async ({ at, click }) => {
      const segmenter = await held.open();
      const slice = await segmenter.embed(at);
      const [first] = await segmenter.segment(slice, [click]);
      const before = { state: segmenter.status.state, backend: first.backend, ms: segmenter.status.ms };
      const second = { ...click, x: click.x + 12 };
      const [early] = await segmenter.segment(slice, [click, second], { previous: first });
      held.release();
      await segmenter.ready();
      const third = { ...click, x: click.x - 12 };
      const prompts = [click, second, third];
      const [refined] = await segmenter.segment(slice, prompts, { previous: early });
      const alone = await client.shared("wasm");
      const same = await alone.embed(at);
      let previous: SegmentMask | undefined;
      for (let count = 1; count <= prompts.length; count++) {
        const given = previous ? { previous } : {};
        [previous] = await alone.segment(same, prompts.slice(0, count), given);
      }
      const logits = previous?.lowResLogits ?? new Float32Array();
      const furthest = Math.max(...refined.lowResLogits.map((logit, n) => Math.abs(logit - (logits[n] ?? 0))));
      const asked = held.masksAsked();
      const { ms } = segmenter.status;
      segmenter.close();
      return { before, early: early.backend, refined: refined.backend, length: logits.length, furthest, asked, ms };
    },
    { at: stage.at, click: CLICK },
  );
  expect(found.before).toEqual({ state: "starting", backend: "server", ms: undefined });
  expect(found.early).toBe("server");
  expect(found.refined).toBe("wasm");
  expect(found.asked).toBe(2);
  expect(found.length).toBeGreaterThan(0);
  expect(found.furthest).toBeLessThan(1e-3);
  expect(found.ms).toBeGreaterThan(0);
});

test("a server that gives no masks leaves the first one to the browser", async () => {
  const found = await stage.page.evaluate(
    async ({ at, click }) => {
      const send = async (request: Request) =>
        /\/v1\/masks$/.test(request.url) ? new Response("{}", { status: 503 }) : fetch(request);
      const segmenter = await client.createSegmenter({ server: location.origin, fetch: send });
      const [first] = await segmenter.segment(await segmenter.embed(at), [click]);
      segmenter.close();
      return { backend: first.backend, area: client.maskArea(first) };
    },
    { at: stage.at, click: CLICK },
  );
  expect(found.backend).toBe("wasm");
  expect(found.area).toBeGreaterThan(0);
});

test("a backend that is asked for by name is never stood in for", async () => {
  const asked = await stage.page.evaluate(
    async ({ at, click }) => {
      let masks = 0;
      const send = async (request: Request) => {
        if (/\/v1\/masks$/.test(request.url)) masks++;
        return fetch(request);
      };
      const segmenter = await client.createSegmenter({ server: location.origin, decode: "wasm", fetch: send });
      const [first] = await segmenter.segment(await segmenter.embed(at), [click]);
      segmenter.close();
      return { masks, backend: first.backend };
    },
    { at: stage.at, click: CLICK },
  );
  expect(asked).toEqual({ masks: 0, backend: "wasm" });
});
