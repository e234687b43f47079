/** The largest file that the decoder's worker will ask for, on its way while the page itself still starts. */
import gpu from "onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url";
import cpu from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { findAdapter } from "../decode/webgpu.ts";

/** It ends in the browser's cache. Where it fails the worker says so, when it asks itself. */
export async function preloadRuntime(): Promise<void> {
  const adapter = await findAdapter().catch(() => undefined);
  const onGpu = adapter !== undefined && !adapter.software && "Suspending" in WebAssembly;
  await fetch(onGpu ? gpu : cpu).then(
    (response) => response.arrayBuffer(),
    () => {},
  );
}
