/** What people and programs send, by weight, from a seeded generator. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Mask, maskIou } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { MaskResponse } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import type { Tally } from "./tally.ts";

interface Mixed {
  readonly url: string;
  readonly imageId: string;
  readonly slices: number;
  readonly tally: Tally;
  /** What is asked again and again, with the mask that it got before anything was killed. */
  readonly known: readonly Known[];
  /** From 0 up to, not including, `below`. */
  pick(below: number): number;
}

interface Known {
  readonly ask: object;
  readonly mask: Mask;
}

const KNOWN = 12;
/** Who encodes differs in the last bits at most. */
const SAME_IOU = 0.99;

type Request = (mixed: Mixed) => Promise<void>;

/** Weight and what is done. */
const MIX: readonly (readonly [number, Request])[] = [
  [40, click],
  [12, clickAgain],
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
  const known = await askKnown(url, study.imageId, info.size[2]);
  const mixed: Mixed = { url, imageId: study.imageId, slices: info.size[2], tally, pick, known };
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

/** Asks for a mask of each of a few slices, whose window nothing else of the mix has. */
async function askKnown(url: string, imageId: string, slices: number): Promise<readonly Known[]> {
  const known: Known[] = [];
  for (let n = 1; n <= KNOWN; n++) {
    const slice = Math.floor((n * slices) / (KNOWN + 1));
    const prompts = [{ kind: "point", x: 50 + n, y: 60, label: "foreground" }];
    const ask = { imageId, plane: "native", slice, window: { center: 35, width: 390 }, prompts };
    const answer = await fetch(`${url}/v1/masks`, json(ask));
    known.push({ ask, mask: bestOf(await answer.json()) });
  }
  return known;
}

const bestOf = (body: unknown): Mask => decodeRle(MaskResponse.parse(body).masks[0].rle);

/** The same click as before, whoever encodes it now. */
async function clickAgain(mixed: Mixed): Promise<void> {
  const { ask, mask } = mixed.known[mixed.pick(mixed.known.length)];
  await send(mixed, "mask again", "/v1/masks", json(ask), (body) => {
    if (maskIou(mask, bestOf(body)) < SAME_IOU) mixed.tally.wrong(JSON.stringify(ask));
  });
}

/** Different browsers, whom a gateway may send to different replicas. */
const BROWSERS = 8;

/** Sends and reads the whole answer. */
async function send(
  { url, tally, pick }: Mixed,
  route: string,
  path: string,
  init: RequestInit = {},
  look?: (body: unknown) => void,
): Promise<void> {
  try {
    const headers = { ...init.headers, "User-Agent": `soak/${pick(BROWSERS)}` };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    const body = Buffer.from(await response.arrayBuffer());
    tally.note(route, response.status, response.status >= 400 ? codeOf(body) : undefined);
    if (response.ok) look?.(JSON.parse(body.toString("utf8")));
  } catch (thrown) {
    if (!init.signal?.aborted) throw thrown;
    tally.left(route);
  }
}

/** A gateway's own page is no answer of ours. */
function codeOf(body: Buffer): string {
  try {
    return JSON.parse(body.toString("utf8")).code;
  } catch {
    return "no problem document";
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
  const body = json({ slice: pick(slices), window: { center: pick(500), width: 300 } });
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
