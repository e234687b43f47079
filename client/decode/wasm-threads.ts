/** More threads than this gain nothing on graphs of this size. */
const MAX_THREADS = 4;

/** Threads that WASM may use here: one where the page is not cross-origin isolated. */
export const wasmThreads = (): number =>
  crossOriginIsolated ? Math.max(1, Math.min(MAX_THREADS, navigator.hardwareConcurrency)) : 1;
