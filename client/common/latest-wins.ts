/**
 * One call at a time; of those that arrive meanwhile only the newest is made, the others resolve to `undefined`.
 * For hovering: the pointer moves faster than the decoder answers.
 */
export function latestWins<Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result | undefined> {
  let running: Promise<unknown> | undefined;
  let skipWaiting: (() => void) | undefined;

  const start = (args: Args): Promise<Result> => {
    const result = call(...args);
    const settled = result
      .catch(() => {})
      .then(() => {
        if (running === settled) running = undefined;
      });
    running = settled;
    return result;
  };

  return async (...args) => {
    skipWaiting?.();
    if (!running) return start(args);
    const skipped = Symbol();
    const skip = new Promise<typeof skipped>((resolve) => {
      skipWaiting = () => resolve(skipped);
    });
    const turn = await Promise.race([running, skip]);
    if (turn === skipped) return undefined;
    skipWaiting = undefined;
    return start(args);
  };
}
