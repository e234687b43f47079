/** Cores of this machine and how the children share them. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** How the cores are shared between children. */
export interface Share {
  readonly encoders: number;
  readonly encoderThreads: number;
  readonly decoders: number;
  readonly decoderThreads: number;
}

/**
 * One encoder for each four cores; a GPU takes one. Two decoders, because a propagation asks two slices at a time, one in each
 * direction.
 */
export function shareCores(cores: number, onGpu: boolean): Share {
  const encoders = onGpu ? 1 : Math.max(1, Math.min(4, Math.floor(cores / 4)));
  return {
    encoders,
    encoderThreads: Math.max(1, Math.min(8, Math.floor(cores / encoders))),
    decoders: cores >= 2 ? 2 : 1,
    decoderThreads: Math.max(1, Math.min(4, Math.floor(cores / 2))),
  };
}

/** Cores that this process may use: affinity, and the CPU quota of its container (cgroup v2 `cpu.max`). */
export function usableCores(): number {
  const cores = availableParallelism();
  try {
    const [quota, period] = readFileSync("/sys/fs/cgroup/cpu.max", "utf8").split(" ").map(Number);
    return quota > 0 && period > 0 ? Math.max(1, Math.min(cores, Math.floor(quota / period))) : cores;
  } catch {
    return cores;
  }
}
