import { type DestinationStream, type Logger, pino } from "pino";
import { isSegmenterError, toError } from "../../core/errors.ts";

export type Log = Logger;

/** JSON lines on stderr. No line carries a URL, a file name, an id of a picture or a message that a library wrote. */
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
