/** What /proc shows of processes. Linux only. */
import { readdirSync, readFileSync } from "node:fs";

export const residentMib = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1024;

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1")
    .trim()
    .split(/\s+/)
    .filter((text) => text !== "")
    .map(Number);

/** Its words, as it shows them (Redis writes a title there); empty when it has just ended. */
export function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").split(/[\0 ]/);
  } catch {
    return [];
  }
}

/** What a server says of its own memory at `/metrics`: JavaScript objects, and buffers beside them. */
export async function scriptMemory(url: string): Promise<{ residentMib: number; heapMib: number; buffersMib: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const mib = (name: string) => Number(new RegExp(`^promptomy_${name}_bytes (\\S+)`, "m").exec(text)?.[1]) / 2 ** 20;
  return {
    residentMib: mib("process_resident_memory"),
    heapMib: mib("nodejs_heap_size_used"),
    buffersMib: mib("nodejs_external_memory"),
  };
}

/** Unfinished files below a folder. */
export function temporaryFiles(dir: string): number {
  for (;;) {
    try {
      return readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tmp")).length;
    } catch {
      // a folder went while it was read: look again
    }
  }
}
