/** The trial of a device, run in a child because a bad driver may end it. */
import { toError } from "../../core/errors.ts";
import type { Encoder } from "../../core/model/encoder.ts";
import type { Tensor } from "../../core/tensor/session.ts";
import type { Model } from "../models/registry.ts";
import { bundledProviders, openEncoder } from "./graphs.ts";
import type { ChildSetup, ProbeResult, ProbeTask, Provider } from "./protocol.ts";

/** Largest difference from the CPU's answer, as a share of its largest value: fp16 units lose more than fp32 ones. */
const TOLERANCE = 0.02;

interface Trial {
  readonly tensors: Record<string, Tensor>;
  readonly ms: number;
}

/** Finds a provider that really runs the first model's encoder, agrees with the CPU and, if it must, is faster. */
export async function probe({ models, threads }: ChildSetup, { candidates, mustWin }: ProbeTask): Promise<ProbeResult> {
  const [model] = models;
  if (!model) return { provider: "cpu", reason: "there is no model to try another device with" };
  const bundled = bundledProviders();
  const image = testImage(model);
  const cpu = await trial(model, "cpu", threads, image);
  const refusals: string[] = [];
  for (const provider of candidates) {
    const refusal = bundled.includes(provider)
      ? await refusalOf(model, provider, threads, image, { cpu, mustWin })
      : "is not in this build of onnxruntime-node";
    if (!refusal) return { provider, reason: `${provider} runs ${model.id} and agrees with the CPU` };
    refusals.push(`${provider} ${refusal}`);
  }
  return { provider: "cpu", reason: refusals.join("; ") };
}

async function refusalOf(
  model: Model,
  provider: Provider,
  threads: number,
  image: Float32Array,
  { cpu, mustWin }: { cpu: Trial; mustWin: boolean },
): Promise<string | undefined> {
  try {
    const { tensors, ms } = await trial(model, provider, threads, image);
    const off = largestDifference(cpu.tensors, tensors);
    if (!(off <= TOLERANCE)) return `differs from the CPU by ${(off * 100).toFixed(1)} %`;
    if (mustWin && ms >= cpu.ms) return `takes ${ms.toFixed(0)} ms, the CPU ${cpu.ms.toFixed(0)} ms`;
    return undefined;
  } catch (thrown) {
    // ONNX Runtime writes its source line and the failed check first
    const [words = ""] = toError(thrown).message.trim().split("was false. ").slice(-1);
    return `does not work here: ${words.split("\n")[0].slice(0, 200)}`;
  }
}

/** The second of two runs is timed: the first compiles kernels. */
async function trial(model: Model, provider: Provider, threads: number, image: Float32Array): Promise<Trial> {
  const encoder: Encoder = await openEncoder(model, { provider, threads });
  try {
    await encoder.encode(image);
    const started = performance.now();
    const tensors = await encoder.encode(image);
    return { tensors, ms: performance.now() - started };
  } finally {
    await encoder.release();
  }
}

/** A smooth pattern with edges in the range of a normalised image. */
function testImage({ manifest: { input } }: Model): Float32Array {
  const { size } = input;
  return Float32Array.from({ length: 3 * size * size }, (_, at) => {
    const x = at % size;
    const y = Math.floor(at / size) % size;
    const grey = 127 + 90 * Math.sin(x / 17) * Math.cos(y / 23) + ((x >> 6) & 1) * 30;
    const channel = Math.floor(at / (size * size));
    return (grey - input.mean[channel]) / input.std[channel];
  });
}

function largestDifference(expected: Record<string, Tensor>, got: Record<string, Tensor>): number {
  let difference = 0;
  let largest = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    const other = got[name]?.data;
    if (other?.length !== data.length) return Number.POSITIVE_INFINITY;
    for (let i = 0; i < data.length; i++) {
      difference = Math.max(difference, Math.abs(Number(data[i]) - Number(other[i])));
      largest = Math.max(largest, Math.abs(Number(data[i])));
    }
  }
  return difference / largest;
}
