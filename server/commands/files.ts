import { access, writeFile } from "node:fs/promises";
import { type Given, UsageError } from "./args.ts";

/** The one path of a command. Throws UsageError when it is missing. */
export function requirePath({ positionals: [path] }: Given): string {
  if (path === undefined) throw new UsageError("Give a file or a folder.");
  return path;
}

/** Writes to a file, or to standard output for `-`; nothing without a target. */
export async function writeResult(target: string | undefined, bytes: Uint8Array): Promise<void> {
  if (target === undefined) return;
  if (target !== "-") return writeFile(target, bytes);
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
