/** Volume jobs: `POST /v1/images/:id/segmentations` and the events that follow. */
import { SegmenterError } from "../../core/errors.ts";
import type { Job, SegmentationRequest } from "../../core/wire/index.ts";
import type { CallOptions, PropagationStep } from "../types.ts";
import { readEvents } from "./events.ts";
import { jsonBody, problemFrom, type Transport, withSignal } from "./transport.ts";

/** New masks with each step, until the job ends. Who leaves early, or aborts, stops the job on the server. */
export async function* runJob(
  transport: Transport,
  imageId: string,
  request: SegmentationRequest,
  { signal }: CallOptions = {},
): AsyncGenerator<PropagationStep> {
  const { jobId } = await transport.json<Job>(`v1/images/${imageId}/segmentations`, jsonBody(request, signal));
  let ended = false;
  try {
    const response = await transport.send(`v1/jobs/${jobId}/events`, withSignal({}, signal));
    for await (const { event, data } of readEvents(response)) {
      // Our own server's events, whose shapes `core/wire/job.ts` states.
      if (event === "progress") yield data as PropagationStep;
      if (event !== "end") continue;
      ended = true;
      throwUnlessDone(data as Job);
    }
    if (!ended) throw new SegmenterError("ServerUnreachable", { status: 0, reason: "the events of the job broke off" });
  } finally {
    if (!ended) transport.send(`v1/jobs/${jobId}`, { method: "DELETE" }).catch(() => {});
  }
}

function throwUnlessDone({ state, problem }: Job): void {
  if (state === "done") return;
  throw (
    problemFrom(problem) ??
    new SegmenterError("Cancelled", { what: state === "cancelled" ? "the volume job" : `the volume job: ${state}` })
  );
}
