/** Two queues side by side: the slice shown never waits behind another's encoding. */

export type Lane = "here" | "elsewhere";

/** One job of each lane at a time, until `next` has none; the returned function looks again. */
export function createLanes<Job>(next: (lane: Lane) => Job | undefined, run: (job: Job) => Promise<void>): () => void {
  const running = { here: false, elsewhere: false };
  const pump = async (lane: Lane) => {
    if (running[lane]) return;
    running[lane] = true;
    for (let job = next(lane); job !== undefined; job = next(lane)) await run(job);
    running[lane] = false;
  };
  return () => {
    void pump("here");
    void pump("elsewhere");
  };
}
