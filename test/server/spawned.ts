import { type ChildProcess, spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { repositoryRoot } from "../support/data.ts";

export interface Spawned {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exit: Promise<number | null>;
  /** What it has written to standard error so far. */
  log(): string;
}

export interface SpawnOptions {
  readonly cache: string;
  readonly models: string;
  /** The phantom when left out. */
  readonly study?: string;
  /** Shell text that runs in front of the server. */
  readonly before?: string;
  /** More options of the command. */
  readonly options?: readonly string[];
  readonly command?: "serve" | "work";
  /** Takes what ends it: with the test when left out. */
  readonly later?: (end: () => void) => void;
}

/** The command itself, from source; it ends with the test. */
export async function spawnServer({
  cache,
  models,
  study,
  before = "",
  options: more = [],
  command = "serve",
  later = onTestFinished,
}: SpawnOptions): Promise<Spawned> {
  const options = `${command === "serve" ? "--port 0" : ""} --json --device cpu --cache-dir '${cache}' --model-dir '${models}' ${more.join(" ")}`;
  const serve = `server/cli.ts ${command} ${options} ${study === undefined ? "" : `'${study}'`}`;
  const child = spawn("sh", ["-c", `${before} exec '${process.execPath}' --import tsx ${serve}`], {
    cwd: repositoryRoot,
    stdio: ["ignore", "pipe", "pipe"],
  });
  later(() => {
    child.kill("SIGKILL");
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (chunk) => resolve(String(chunk)));
    exit.then(() => reject(new Error(`The server ended: ${errors}`)));
  });
  return { child, url: JSON.parse(line).url, exit, log: () => errors };
}

/** The id of what a server has open. */
export async function imageOf(url: string): Promise<string> {
  const [study] = (await (await fetch(`${url}/v1/studies`)).json()) as { imageId: string }[];
  return study!.imageId;
}
