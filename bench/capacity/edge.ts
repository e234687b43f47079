/** A warm embedding through the edge, in Cloudflare's local runtime, beside the same from its origin. */

import { needsEdge, startEdge } from "../../test/support/edge.ts";
import { sampleOf } from "../report.ts";
import { createMachines, encode, getMs, imageOf } from "./machines.ts";

const TIMES = 100;

export interface EdgeNumbers {
  readonly originMs: ReturnType<typeof sampleOf>;
  readonly edgeMs: ReturnType<typeof sampleOf>;
}

/** `undefined` where wrangler is not installed. */
export async function edge(): Promise<EdgeNumbers | undefined> {
  if (needsEdge().skip) return undefined;
  const machines = createMachines();
  try {
    const { url } = await machines.server("0,1", []);
    const before = await startEdge(machines.folder("edge"), [url]);
    try {
      const { embeddingId: id } = await encode(url, await imageOf(url), 40, 350);
      for (let n = 0; n < 10; n++) for (const host of [url, before.url]) await getMs(host, id);
      const [origin, through]: number[][] = [[], []];
      for (let n = 0; n < TIMES; n++) {
        origin.push(await getMs(url, id));
        through.push(await getMs(before.url, id));
      }
      return { originMs: sampleOf(origin), edgeMs: sampleOf(through) };
    } finally {
      before.end();
    }
  } finally {
    machines.close();
  }
}
