/** What people and programs send, by weight, from a seeded generator. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { writePng } from "../../formats/index.ts";
import type { Tally } from "./tally.ts";

interface Mixed {
  readonly url: string;
  readonly imageId: string;
  readonly slices: number;
  readonly tally: Tally;
  /** From 0 up to, not including, `below`. */
  pick(below: number): number;
}

type Request = (mixed: Mixed) => Promise<void>;

/** Weight and what is done. */
const MIX: readonly (readonly [number, Request])[] = [
  [40, click],
  [10, embed],
  [12, pixels],
  [6, uploadPng],
  [4, uploadBroken],
  [6, text],
  [8, read],
  [6, impossible],
  [4, leaveEarly],
  [2, prefetchAndLeave],
  [1, slowSender],
  [1, hurried],
];

/** Resolves to a function that sends one request of the mix and waits for its answer. */
export async function createMix(
  url: string,
  { seed, tally }: { seed: number; tally: Tally },
): Promise<() => Promise<void>> {
  const [study] = (await (await fetch(`${url}/v1/studies`)).json()) as { imageId: string }[]; // our own server's answer
  const info = (await (await fetch(`${url}/v1/images/${study.imageId}`)).json()) as { size: number[] };
  const pick = generator(seed);
  const mixed: Mixed = { url, imageId: study.imageId, slices: info.size[2], tally, pick };
  const total = MIX.reduce((sum, [weight]) => sum + weight, 0);
  return () => {
    let at = pick(total);
    for (const [weight, request] of MIX) {
      at -= weight;
      if (at < 0) return request(mixed);
    }
    return Promise.resolve();
  };
}

/** A linear congruential generator (Numerical Recipes). */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const json = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** Sends and reads the whole answer. */
async function send({ url, tally }: Mixed, route: string, path: string, init: RequestInit = {}): Promise<void> {
  try {
    const response = await fetch(`${url}${path}`, init);
    const body = Buffer.from(await response.arrayBuffer());
    tally.note(route, response.status, response.status >= 400 ? JSON.parse(body.toString("utf8")).code : undefined);
  } catch (thrown) {
    if (!init.signal?.aborted) throw thrown;
    tally.left(route);
  }
}

const point = (mixed: Mixed) => ({
  kind: "point",
  x: 20 + mixed.pick(80),
  y: 20 + mixed.pick(80),
  label: "foreground",
});

function click(mixed: Mixed): Promise<void> {
  const { imageId, slices, pick } = mixed;
  const prompts = Array.from({ length: 1 + pick(3) }, () => point(mixed));
  return send(mixed, "mask", "/v1/masks", json({ imageId, plane: "native", slice: pick(slices), prompts }));
}

function embed(mixed: Mixed): Promise<void> {
  const { imageId, slices, pick } = mixed;
  const window = { center: pick(8) * 20, width: 400 };
  return send(mixed, "embedding", `/v1/images/${imageId}/embeddings`, json({ slice: pick(slices), window }));
}

function pixels(mixed: Mixed): Promise<void> {
  const { imageId, slices, pick } = mixed;
  const window = pick(2) === 0 ? "" : "?window=auto";
  return send(mixed, "slice", `/v1/images/${imageId}/slices/native/${pick(slices)}${window}`);
}

function uploadPng(mixed: Mixed): Promise<void> {
  const seed = mixed.pick(2 ** 30);
  const data = Uint8Array.from({ length: 128 * 128 }, (_, n) => (n * 7 + (n >> 7) * seed) % 251);
  return send(mixed, "upload", "/v1/images", {
    method: "POST",
    body: Buffer.from(writePng({ width: 128, height: 128, data })),
  });
}

function uploadBroken(mixed: Mixed): Promise<void> {
  const bytes = Buffer.from(writePng({ width: 64, height: 64, data: new Uint8Array(4096) }));
  const cut = bytes.subarray(0, mixed.pick(bytes.length));
  return send(mixed, "broken upload", "/v1/images", { method: "POST", body: cut });
}

function text(mixed: Mixed): Promise<void> {
  const words = ["liver", "left kidney", "livr", "nothing at all", "spleen"];
  return send(mixed, "text", "/v1/text-prompts", json({ text: words[mixed.pick(words.length)] }));
}

function read(mixed: Mixed): Promise<void> {
  const paths = [
    "/v1/models",
    "/v1/limits",
    "/metrics",
    "/livez",
    "/readyz",
    "/openapi.json",
    "/v1/studies",
    "/nowhere",
  ];
  return send(mixed, "read", paths[mixed.pick(paths.length)]);
}

function impossible(mixed: Mixed): Promise<void> {
  const { imageId, pick } = mixed;
  const bodies = [
    "{",
    { imageId, prompts: [{ kind: "point", x: -5, y: 1e9, label: "foreground" }] },
    { imageId, prompts: [], tenant: "x" },
    { imageId, slice: 100_000, prompts: [point(mixed)] },
    { imageId: `sha256:${"0".repeat(64)}`, prompts: [point(mixed)] },
  ];
  return send(mixed, "impossible", "/v1/masks", json(bodies[pick(bodies.length)]));
}

/** A client that crashes while it waits. */
async function leaveEarly(mixed: Mixed): Promise<void> {
  const { imageId, slices, pick } = mixed;
  const body = json({ imageId, slice: pick(slices), window: { center: pick(500), width: 300 } });
  await send(mixed, "embedding", `/v1/images/${imageId}/embeddings`, {
    ...body,
    signal: AbortSignal.timeout(1 + pick(60)),
  });
}

async function prefetchAndLeave(mixed: Mixed): Promise<void> {
  const { imageId, slices, pick } = mixed;
  const body = json({
    plane: "native",
    around: pick(slices),
    direction: 0,
    count: 4,
    window: { center: 40, width: 400 },
  });
  await send(mixed, "prefetch", `/v1/images/${imageId}/prefetch`, {
    ...body,
    signal: AbortSignal.timeout(200 + pick(400)),
  }).catch(
    () => mixed.tally.note("prefetch", 200), // events are no JSON
  );
}

/** Half a request, byte by byte, then gone. */
async function slowSender({ url, tally }: Mixed): Promise<void> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  for (const letter of "POST /v1/masks HTTP/1.1\r\nHost: 127.0.0.1\r\n") {
    socket.write(letter);
    await sleep(5);
  }
  socket.destroy();
  tally.left("slow sender");
}

function hurried(mixed: Mixed): Promise<void> {
  const { imageId, slices, pick } = mixed;
  const { headers, ...rest } = json({
    imageId,
    slice: pick(slices),
    window: { center: pick(500), width: 200 },
    prompts: [point(mixed)],
  });
  return send(mixed, "hurried", "/v1/masks", {
    ...rest,
    headers: { ...headers, "X-Deadline-Ms": String(20 + pick(200)) },
  });
}
