/**
 * L-11: a server under a weighted mix of requests for a chosen time, with clients that crash and clients that are slow.
 * `npm run soak -- --minutes 60 [--clients 6] [--requests 10000]` ends with 1 when something grew that must not, when an
 * answer came that no document declares, or another mask than before. `--cluster` does it to replicas, workers and Redis, and
 * kills them. Needs Linux (it reads /proc).
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { startSoakedCluster } from "./cluster.ts";
import { createMix } from "./mix.ts";
import { type Look, startSoaked } from "./server.ts";
import { createTally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "6" },
    requests: { type: "string", default: "" },
    warm: { type: "string", default: "1000" },
    cluster: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
  },
});
const most = values.requests === "" ? Number.POSITIVE_INFINITY : Number(values.requests);
const warm = Number(values.warm);

/** What may grow after the warm-up: Triton's rule for memory, and a little slack for what comes and goes. */
const ALLOWED = { memoryMib: 100, files: 20, children: 2, temporary: 0 };

const server = await (values.cluster ? startSoakedCluster() : startSoaked());
const tally = createTally();
try {
  const mix = await createMix(server.url, { seed: Number(values.seed), tally });
  const until = performance.now() + Number(values.minutes) * 60_000;
  let sent = 0;
  let base = await server.look();
  const curve: object[] = [];
  const note = async (): Promise<void> => {
    const look = await server.look();
    curve.push({ minute: curve.length, requests: sent, ...rounded(look) });
    console.error(`minute ${curve.length - 1}, ${sent} requests: ${describe(look)}`);
  };
  await note();
  const minutes = setInterval(() => note().catch(() => {}), 60_000); // a server under load may not answer in time
  const client = async (): Promise<void> => {
    while (performance.now() < until && sent < most) {
      sent++;
      if (sent === warm) base = await server.look();
      await mix();
    }
  };
  await Promise.all(Array.from({ length: Number(values.clients) }, client));
  clearInterval(minutes);
  await server.rest();
  const end = await server.look();
  const grown = {
    memoryMib: end.memoryMib - base.memoryMib,
    files: end.files - base.files,
    children: end.children - base.children,
    temporary: end.temporary,
  };
  console.log(
    JSON.stringify(
      {
        ...{ requests: sent, load: loadavg()[0], base, end, grown, kills: server.kills, curve },
        ...{ answers: tally.answers(), undeclared: tally.undeclared(), wrongMasks: tally.wrongMasks() },
      },
      null,
      2,
    ),
  );
  const failed = Object.entries(ALLOWED).filter(([name, most]) => grown[name as keyof typeof grown] > most); // the same keys
  for (const [name, most] of failed) console.error(`${name} grew by more than ${most}.`);
  if (tally.undeclared().length > 0) console.error("Some answers are in no document.");
  if (tally.wrongMasks().length > 0) console.error("Some masks are other than before.");
  process.exitCode = failed.length + tally.undeclared().length + tally.wrongMasks().length > 0 ? 1 : 0;
} finally {
  await server.close();
}

function describe({ memoryMib, heapMib, buffersMib, files, children, temporary }: Look): string {
  const memory = [memoryMib, heapMib, buffersMib].map((mib) => mib.toFixed(0));
  return `${memory[0]} MiB (heap ${memory[1]}, buffers ${memory[2]}), ${files} files, ${children} children, ${temporary} temporary`;
}

function rounded({ memoryMib, heapMib, buffersMib }: Look): Partial<Look> {
  const [memory, heap, buffers] = [memoryMib, heapMib, buffersMib].map(Math.round);
  return { memoryMib: memory, heapMib: heap, buffersMib: buffers };
}
