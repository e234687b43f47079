import { readdirSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** One line of the table: median and range, ours beside the SAM-shaped yardstick where there is one. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: Sample;
  readonly yardstick?: Sample;
}

export interface Sample {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly p95: number;
}

export function sampleOf(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { median: at(0.5), min: sorted[0], max: sorted[sorted.length - 1], p95: at(0.95) };
}

/** Milliseconds of `times` calls after `warmUp` that do not count. */
export async function timed(call: () => Promise<unknown>, { times, warmUp = 1 }: { times: number; warmUp?: number }) {
  for (let i = 0; i < warmUp; i++) await call();
  const values: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await call();
    values.push(performance.now() - start);
  }
  return sampleOf(values);
}

const number = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const cell = ({ median, min, max }: Sample) =>
  min === max ? number(median) : `${number(median)} (${number(min)}–${number(max)})`;

/** A Markdown table: median (min–max), and how many times less than the yardstick. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ what, unit, ours, yardstick }) => {
    const ratio = yardstick ? `${number(yardstick.median / ours.median)}×` : "";
    return `| ${what} | ${unit} | ${cell(ours)} | ${number(ours.p95)} | ${yardstick ? cell(yardstick) : ""} | ${ratio} |`;
  });
  return ["| | unit | ours | p95 | SAM-shaped | less by |", "|---|---|---|---|---|---|", ...lines].join("\n");
}

/** The machine, in one line. */
export function machine(): string {
  const [{ model }] = cpus();
  return `${model.trim()}, ${cpus().length} threads, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, ${process.platform}`;
}

/** Resident memory of a process and all below it in MiB (Linux). */
export function treeMemory(root = process.pid): number {
  const parents = new Map<number, number>();
  const memory = new Map<number, number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      parents.set(Number(pid), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
      memory.set(Number(pid), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended between the listing and the reading.
    }
  }
  const below = (pid: number): boolean => pid === root || (parents.has(pid) && below(parents.get(pid) ?? 0));
  return [...memory].reduce((sum, [pid, mib]) => sum + (below(pid) ? mib : 0), 0);
}
