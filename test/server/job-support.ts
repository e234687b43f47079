import { IDENTITY } from "../../core/image/geometry.ts";
import { Job } from "../../core/wire/index.ts";
import { writeNiftiLabelmap } from "../../formats/index.ts";

/** Of the volume of `ballVolume`. */
export const SIZE = [48, 40, 12] as const;

/** Asks a server: `Harness.request`, or `fetch` with the address of a server in front. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** A bright ball in the middle of noise, as a NIfTI file. */
export function ballVolume(): Uint8Array<ArrayBuffer> {
  const [i, j, k] = SIZE;
  const labels = Uint16Array.from({ length: i * j * k }, (_, n) => {
    const [x, y, z] = [n % i, Math.floor(n / i) % j, Math.floor(n / (i * j))];
    return Math.hypot(x - 24, y - 20, 3 * (z - 6)) < 12 ? 800 + (n % 7) : 100 + ((n * 7919) % 50);
  });
  return writeNiftiLabelmap({ labels, size: SIZE, ijkToLps: IDENTITY });
}

/** A job as it stands. */
export const shownJob = async (ask: Ask, jobId: string) => Job.parse(await (await ask(`/v1/jobs/${jobId}`)).json());

export interface JobEvent {
  readonly event: string | undefined;
  readonly data: ReturnType<typeof JSON.parse>;
}

/** The events of a job as they come, until it has ended. */
export async function* jobEvents(ask: Ask, jobId: string): AsyncGenerator<JobEvent> {
  const { body } = await ask(`/v1/jobs/${jobId}/events`);
  let text = "";
  for await (const piece of body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + piece).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks.filter(Boolean))
      yield { event: /event: (\w+)/.exec(block)?.[1], data: JSON.parse(/data: (.*)/.exec(block)![1]!) };
  }
}

/** Every event of a job, once it has ended. */
export async function eventsOf(ask: Ask, jobId: string): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of jobEvents(ask, jobId)) events.push(event);
  return events;
}
