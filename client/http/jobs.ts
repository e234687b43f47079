/** Volume jobs over HTTP. The same request is the same job, so a stream that broke off is taken up by asking again. */
import { SegmenterError, toError } from "../../core/errors.ts";
import type { Job, JobMask, JobPlace, SegmentationRequest } from "../../core/wire/index.ts";
import type { PropagateProgress } from "../common/job-types.ts";
import type { CallOptions } from "../types.ts";
import { readEvents } from "./events.ts";
import { failureOf, jsonBody, type Transport, withSignal } from "./transport.ts";

/** Follows a job to its end; an abort stops the job itself. */
export async function* followJob(
  transport: Transport,
  imageId: string,
  request: SegmentationRequest,
  { signal }: CallOptions = {},
): AsyncGenerator<PropagateProgress> {
  signal?.throwIfAborted();
  // Asked for without the signal: a job whose name is not known cannot be stopped.
  const { jobId } = await transport.json<Job>(`v1/images/${imageId}/segmentations`, jsonBody(request));
  const stop = () => void transport.send(`v1/jobs/${jobId}`, { method: "DELETE" }).catch(() => {});
  if (signal?.aborted) stop();
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const { event, data } of eventsOf(transport, jobId, signal)) {
      if (event === "progress") yield { jobId, ...progressIn(data) };
      if (event !== "end") continue;
      const job = data as Job; // the server is ours, as in `transport.json`
      if (job.problem) throw failureOf(job.problem, { status: 500, statusText: "" });
      yield { jobId, ...progressIn({ ...job, masks: [] }), measurements: job.segments[0]?.measurements };
      return;
    }
    throw new SegmenterError("ServerUnreachable", { status: 0, reason: "the events of the job broke off" });
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function* eventsOf(transport: Transport, jobId: string, signal: AbortSignal | undefined) {
  const response = await transport.send(`v1/jobs/${jobId}/events`, withSignal({}, signal));
  try {
    yield* readEvents(response);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw new SegmenterError("ServerUnreachable", { status: 0, reason: toError(thrown).message }, { cause: thrown });
  }
}

function progressIn(data: unknown): Omit<PropagateProgress, "jobId" | "measurements"> {
  const told = data as Pick<Job, "state" | "progress"> & { masks: JobMask[]; where?: JobPlace[] }; // as above
  const { state, progress, masks, where = [] } = told;
  return { state, done: progress.done, total: progress.total, masks, where };
}
