/** Which device encodes: the one that was asked for, or the fastest that gives the right answer. */
import { existsSync, readdirSync } from "node:fs";
import { SegmenterError, toError } from "../../core/errors.ts";
import type { Model } from "../models/registry.ts";
import type { ProbeResult, ProbeTask, Provider } from "./protocol.ts";
import { startInference } from "./start.ts";

export type Device = "auto" | Provider;

export interface ChosenDevice {
  readonly device: Provider;
  /** One sentence for the log, the doctor and the viewer. */
  readonly deviceReason: string;
}

/** Drivers that compile for longer than this are no gain; software Vulkan takes minutes. */
const PROBE_LIMIT_MS = 20_000;

/**
 * Tries the device in a child process, because a bad driver may end it. `auto` takes a GPU that runs the encoder
 * faster than the CPU with the same answer, else the CPU. Throws InvalidRequest when a device asked for does not work.
 */
export async function chooseDevice(wanted: Device, models: readonly Model[], threads: number): Promise<ChosenDevice> {
  if (wanted === "cpu") return { device: "cpu", deviceReason: "the CPU was asked for" };
  if (wanted === "auto" && !hasGpu()) return { device: "cpu", deviceReason: "this machine shows no GPU" };
  const task: ProbeTask = {
    kind: "probe",
    candidates: wanted === "auto" ? ["cuda", "webgpu"] : [wanted],
    mustWin: wanted === "auto",
  };
  const { provider, reason } = await tryProviders(task, models.slice(0, 1), threads);
  if (wanted !== "auto" && provider !== wanted) throw new SegmenterError("InvalidRequest", { reason, path: "device" });
  return { device: provider, deviceReason: reason };
}

/** On Linux a GPU is a device file; elsewhere only a try can tell. Spares the machines without one the time of a try. */
function hasGpu(): boolean {
  if (process.platform !== "linux") return true;
  const render = existsSync("/dev/dri") && readdirSync("/dev/dri").some((name) => name.startsWith("renderD"));
  return render || existsSync("/dev/nvidiactl") || existsSync("/dev/dxg");
}

async function tryProviders(task: ProbeTask, models: readonly Model[], threads: number): Promise<ProbeResult> {
  const child = startInference({ models, provider: "cpu", threads, preload: [], preparedSlices: 1 });
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    child.kill();
  }, PROBE_LIMIT_MS);
  try {
    await child.ready;
    const result = await child.run(task);
    if (typeof result === "object" && "reason" in result) return result;
    throw new Error("The child answered another task.");
  } catch (thrown) {
    const reason = late ? `no answer within ${PROBE_LIMIT_MS / 1000} s` : toError(thrown).message.split("\n")[0];
    return { provider: "cpu", reason: `${task.candidates.join(", ")}: ${reason}` };
  } finally {
    clearTimeout(limit);
    child.kill();
    await child.died;
  }
}
