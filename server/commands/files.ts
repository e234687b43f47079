import { constants } from "node:fs";
import { access, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Given, UsageError } from "./args.ts";

/** The one path of a command. Throws UsageError when it is missing. */
export function requirePath({ positionals: [path] }: Given): string {
  if (path === undefined) throw new UsageError("Give a file or a folder.");
  return path;
}

/** Where a result may go, asked before the work. A folder may be made, with those above it. Throws UsageError. */
export async function requireTarget(target: string | undefined, { isFolder = false } = {}): Promise<void> {
  if (target === undefined || target === "-") return;
  const found = await stat(target).catch(() => undefined);
  if (found && found.isDirectory() !== isFolder)
    throw new UsageError(`-o ${target} is ${isFolder ? "no folder" : "a folder"}.`);
  const place = found ? target : isFolder ? await nearestFolder(target) : dirname(resolve(target));
  if (!found && !(await stat(place).catch(() => undefined))?.isDirectory())
    throw new UsageError(`-o ${target}: there is no folder ${place}.`);
  await access(place, constants.W_OK).catch(() => {
    throw new UsageError(`-o ${target}: ${place} may not be written by this user.`);
  });
}

/** What is there already of a path that is not: a folder, or what is in the way of one. */
async function nearestFolder(path: string): Promise<string> {
  const above = dirname(resolve(path));
  return (await exists(above)) ? above : nearestFolder(above);
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
