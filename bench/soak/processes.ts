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

/** Unfinished files below a folder. */
export const temporaryFiles = (dir: string): number =>
  readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tmp")).length;
