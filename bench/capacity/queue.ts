/** What the queue adds to a job: the way to a worker and back with nothing to do there. */

import { setTimeout as sleep } from "node:timers/promises";
import { openQueue } from "../../server/cluster/queue.ts";
import { startWorker } from "../../server/cluster/worker.ts";
import { sha256 } from "../../server/disk/sha256.ts";
import { ignoreEvents } from "../../server/ops/events.ts";
import type { EmbeddingService, EncodeWork } from "../../server/work/embeddings.ts";
import { timed } from "../report.ts";
import { createMachines } from "./machines.ts";

const JOBS = 300;
const WARM_UP = 30;

/** The server's own queue and worker around an encode that ends at once; both in this process, Redis in its own. */
export async function queueMs(): Promise<ReturnType<typeof timed>> {
  const machines = createMachines();
  const { url } = await machines.redis();
  const queue = await openQueue({ url, limit: 64, waitMs: 10_000, observe: ignoreEvents });
  const idOf = (slice: number) => sha256(`job ${slice}`);
  const embeddings = {
    embed: async (_image: unknown, { slice }: { slice: number }) => ({ embeddingId: idOf(slice) }),
    settled: async () => {},
  } as unknown as EmbeddingService; // what a worker asks of it, and nothing else
  const jobs = { run: () => Promise.reject(new Error("No volume is asked for.")) };
  const worker = await startWorker({ url, encodes: 1, tenant: async () => ({ embeddings, jobs }) });
  try {
    let slice = 0;
    const signal = new AbortController().signal;
    const work = (): EncodeWork => {
      slice++;
      return { tenant: "", id: idOf(slice), imageId: sha256("image"), request: { plane: "axial", slice } };
    };
    const isDone = () => queue.encode(work(), { signal, background: () => false });
    const ask = async () => {
      if (!(await isDone())) throw new Error("No worker took it.");
    };
    while (!(await isDone())) await sleep(100); // the worker is known a moment after its start
    return await timed(ask, { times: JOBS, warmUp: WARM_UP });
  } finally {
    await worker.close();
    await queue.close();
    machines.close();
  }
}
