/** Several sequences at the same time: while one waits for an answer, the others go on. */

/**
 * The values of all sources as they come; each source is asked for one value ahead. Rejects with the first failure. When it
 * ends, however it ends, no source is at work any more.
 */
export async function* together<T>(sources: readonly AsyncGenerator<T, void>[]): AsyncGenerator<T, void> {
  const waiting = new Map(sources.map((source) => [source, nextOf(source)]));
  try {
    while (waiting.size > 0) {
      const { source, result } = await Promise.race(waiting.values());
      if (result.done) waiting.delete(source);
      else {
        waiting.set(source, nextOf(source));
        yield result.value;
      }
    }
  } finally {
    await Promise.allSettled([...waiting.keys()].map((source) => source.return()));
  }
}

function nextOf<T>(source: AsyncGenerator<T, void>) {
  const next = source.next().then((result) => ({ source, result }));
  next.catch(() => {}); // told when it is its turn, or of no interest any more
  return next;
}
