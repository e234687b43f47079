/** The log: JSON lines that name no patient, image or file. */
import { type DestinationStream, type Logger, pino } from "pino";
import { isSegmenterError, toError } from "../../core/errors.ts";
import type { Observe } from "./events.ts";

export type Log = Logger;

/** Writes down what an operator should know: what was set aside or lost, and caches that stopped writing. */
export function logEvents(log: Log): Observe {
  return (event) => {
    switch (event.kind) {
      case "set-aside":
        return log.warn(event, "stored things were not what was written and were set aside");
      case "unreadable":
        return log.warn(event, "stored things could not be read and were left where they are");
      case "evicted":
        return log.info(event, "the least recently used gave way");
      case "cache-off":
        return log.warn(event, "the cache only reads for a minute");
      case "no-folder":
        return log.warn(event, "no folder for the cache: it is kept in memory alone");
      case "death":
        return log.warn({ kind: event.kind, lane: event.lane }, "a child process ended by itself");
    }
  };
}

/** JSON lines on stderr. No line carries a URL, a file name, an id of an image or a message that a library wrote. */
export function createLog({
  level = "info",
  destination,
}: {
  level?: string;
  destination?: DestinationStream;
} = {}): Log {
  const options = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return pino(options, destination ?? pino.destination({ dest: 2, sync: false }));
}

/** What may be logged of an error: its class, code and frames. Messages can quote file names and values. */
export function loggable(thrown: unknown): { name: string; code?: string; frames?: readonly string[] } {
  const error = toError(thrown);
  if (isSegmenterError(error)) return { name: error.name, code: error.code };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim().replace(/\(?(?:file:\/\/)?\/.*\/((?:server|core|formats|node_modules)\/)/, "($1"));
  return { name: error.name, ...code, frames };
}
