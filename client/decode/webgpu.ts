/** onnxruntime on the GPU. Worker side. */
import type { OrtWeb } from "./wasm.ts";

/** What `loadWebgpu` found, or why there is nothing to find. */
export interface Adapter {
  readonly name: string;
  /** Software rendering: right answers, hundreds of times slower than WASM. */
  readonly software: boolean;
}

/** `undefined` where the browser offers no WebGPU. */
export async function findAdapter(): Promise<Adapter | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(" ") || "this GPU";
  return { name, software: isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(`${vendor} ${architecture}`) };
}

/** The build that suspends WebAssembly natively is 10 MB smaller; older browsers get the one that rewinds the stack. */
export async function loadWebgpu(threads: number): Promise<OrtWeb> {
  const ort = await ("Suspending" in WebAssembly ? import("onnxruntime-web/jspi") : import("onnxruntime-web/webgpu"));
  ort.env.wasm.numThreads = threads;
  return ort;
}

/** Resolves with the cause when the device of the running sessions is lost. Call after a session was created. */
export async function deviceLost(ort: OrtWeb): Promise<string> {
  const device: GPUDevice = await ort.env.webgpu.device;
  const { reason, message } = await device.lost;
  return message || `the GPU device was lost (${reason})`;
}
