/** `setTimeout` that a viewer which has ended leaves nothing of. */
export function later(run: () => void, ms: number, ended: AbortSignal): void {
  if (ended.aborted) return;
  const forget = () => clearTimeout(timer);
  const timer = setTimeout(() => {
    ended.removeEventListener("abort", forget);
    run();
  }, ms);
  ended.addEventListener("abort", forget, { once: true });
}
