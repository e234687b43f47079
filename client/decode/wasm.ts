/** onnxruntime on the CPU: its smallest build. Worker side. */

/** onnxruntime-web with its settings. */
export type OrtWeb = typeof import("onnxruntime-web");

/** The page chooses the threads; without SharedArrayBuffer there is one. */
export async function loadWasm(threads: number): Promise<OrtWeb> {
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = threads;
  return ort;
}
