import { afterEach, describe, expect, test, vi } from "vitest";
import { createTransport, jsonBody } from "../../../client/http/transport.ts";
import { createSegmenter } from "../../../client/index.ts";
import { SegmenterError } from "../../../core/errors.ts";

const problem = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });

const answering = (response: () => Response, server = "http://server.test/base") => {
  const seen: Request[] = [];
  const transport = createTransport(server, async (request) => {
    seen.push(request);
    return response();
  });
  return { transport, seen };
};

afterEach(() => void vi.unstubAllGlobals());

describe("createTransport", () => {
  test("resolves paths below the server's own path and passes every request through the given fetch", async () => {
    const { transport, seen } = answering(() => Response.json({ a: 1 }));
    expect(await transport.json("v1/masks", jsonBody({ b: 2 }))).toEqual({ a: 1 });
    expect(seen[0]!.url).toBe("http://server.test/base/v1/masks");
    expect(await seen[0]!.json()).toEqual({ b: 2 });
  });

  test("turns a problem document into the error that the server raised", async () => {
    const info = { plane: "axial", slice: 9, count: 3 };
    const { transport } = answering(() => problem(404, { code: "SliceNotFound", info }));
    await expect(transport.bytes("v1/x")).rejects.toEqual(new SegmenterError("SliceNotFound", { ...info }));
  });

  test.each([
    { name: "a proxy's page", response: () => new Response("<html>", { status: 502 }), status: 502 },
    { name: "a code that is not ours", response: () => problem(403, { code: "Forbidden", info: {} }), status: 403 },
    { name: "a broken problem", response: () => problem(500, "oops"), status: 500 },
  ])("calls $name an unreachable server, with its status", async ({ response, status }) => {
    const error = await answering(response)
      .transport.bytes("v1/x")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ServerUnreachable", detail: { status } });
  });

  test("says that a server which does not answer is unreachable, and keeps the cause", async () => {
    const cause = new TypeError("fetch failed");
    const transport = createTransport("http://server.test", () => Promise.reject(cause));
    const error = await transport.bytes("v1/x").catch((thrown: unknown) => thrown);
    const hint = "Is the server at http://server.test up?";
    expect(error).toMatchObject({
      code: "ServerUnreachable",
      detail: { status: 0, reason: "fetch failed", hint },
      cause,
    });
  });

  test("says of a page in place of JSON that something else answers at this address", async () => {
    const page = () => new Response("<!doctype html>", { headers: { "Content-Type": "text/html; charset=utf-8" } });
    const error = await answering(page)
      .transport.json("v1/models")
      .catch((thrown: unknown) => thrown);
    const hint = "Is http://server.test/base/ the right address? Something else than Promptomy answers there.";
    expect(error).toMatchObject({ code: "ServerUnreachable", detail: { status: 200, reason: "got a web page", hint } });
  });

  test("takes an address relative to the page, and refuses what is none before anything is asked", async () => {
    for (const server of ["localhost:8080", "", "/promptomy"])
      expect(() => answering(() => Response.json(1), server)).toThrow(RangeError);
    vi.stubGlobal("location", new URL("https://pacs.example/viewer/index.html"));
    const { transport, seen } = answering(() => Response.json(1), "/promptomy");
    await transport.json("v1/models");
    expect(seen[0]!.url).toBe("https://pacs.example/promptomy/v1/models");
    expect(() => answering(() => Response.json(1), "localhost:8080")).toThrow('got "localhost:8080"');
  });

  test.each([
    { page: "https://pacs.example", hint: /^A page on https may not ask http:\/\/server\.test/ },
    { page: "http://pacs.example", hint: /--cors http:\/\/pacs\.example/ },
  ])("tells a page of $page what may be in the way", async ({ page, hint }) => {
    vi.stubGlobal("location", new URL(page));
    const transport = createTransport("http://server.test", () => Promise.reject(new TypeError("fetch failed")));
    const error = await transport.bytes("v1/x").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ServerUnreachable", detail: { hint: expect.stringMatching(hint) } });
  });

  test("gives up connecting when its caller does", async () => {
    const reason = new Error("closed the tab");
    const connecting = createSegmenter({
      server: "http://server.test",
      signal: AbortSignal.abort(reason),
      fetch: async () => Response.json([]),
    });
    await expect(connecting).rejects.toBe(reason);
  });

  test("says the same when the connection breaks in the middle of an answer", async () => {
    const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError("cut off")) });
    const error = await answering(() => new Response(broken))
      .transport.bytes("v1/x")
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ServerUnreachable", detail: { status: 0, reason: "cut off" } });
  });

  test("rejects with the signal's reason, not with a network error", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const transport = createTransport("http://server.test", async () => {
      controller.abort(reason);
      throw new TypeError("fetch failed");
    });
    await expect(transport.bytes("v1/x", { signal: controller.signal })).rejects.toBe(reason);
  });
});
