/** The series that benches open: 275 slices of 512², and the built server that reads it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sliceOf } from "../core/image/slice.ts";
import type { Volume } from "../core/image/volume.ts";
import { readImage } from "../formats/index.ts";
import { CT_SLICES, withValues } from "../test/archive/orthanc.ts";
import { dicom, element, u16 } from "../test/formats/dicom-writer.ts";
import { dataPath } from "../test/support/data.ts";

export const SLICES = 275;
const CT = "1.2.840.10008.5.1.4.1.1.2";
const CLI = fileURLToPath(new URL("../dist/server/cli.js", import.meta.url));

/** The 20 real slices, as files and as one volume; nothing without the data folder. */
export async function realSlices(): Promise<{ files: Uint8Array[]; volume: Volume } | undefined> {
  const dir = dataPath(CT_SLICES);
  if (!dir) return undefined;
  const files = readdirSync(dir)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(dir, name))));
  return { files, volume: await readImage(files.map((bytes) => ({ bytes }))) };
}

/** The built server, as `promptomy serve` starts it with these options, with an empty cache. */
export async function serve(...options: string[]) {
  const cache = mkdtempSync(join(tmpdir(), "bench-"));
  const args = [CLI, "serve", "--port", "0", "--json", "--quiet", "--cache-dir", cache, ...options];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve) => child.stdout.once("data", (chunk) => resolve(String(chunk))));
  const url: string = JSON.parse(line).url;
  const close = async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await gone;
    rmSync(cache, { recursive: true, force: true });
  };
  return { url, pid: child.pid ?? 0, close };
}

const idsOf = (n: number, study: string) => ({
  instance: `${study}.1.${n + 1}`,
  series: `${study}.1`,
  position: `-200\\-200\\${2 * n}`,
});

/** Slice `n` of 275, as the real one is stored: JPEG 2000. */
export function compressed(bytes: Uint8Array, n: number, study: string): Uint8Array {
  const { instance, series, position } = idsOf(n, study);
  return withValues(bytes, [
    [0x0008_0016, "UI", CT],
    [0x0008_0018, "UI", instance],
    [0x0020_000d, "UI", study],
    [0x0020_000e, "UI", series],
    [0x0020_0013, "IS", String(n + 1)],
    [0x0020_0032, "DS", position],
  ]);
}

/** Slice `n` of 275, uncompressed. */
export function plain(volume: Volume, n: number, study: string): Uint8Array {
  const { instance, series, position } = idsOf(n, study);
  const { width, height, data, rescale } = sliceOf(volume, "native", n % volume.size[2]);
  return dicom([
    element(0x0008_0016, "UI", CT),
    element(0x0008_0018, "UI", instance),
    element(0x0008_0060, "CS", "CT"),
    element(0x0020_000d, "UI", study),
    element(0x0020_000e, "UI", series),
    element(0x0020_0013, "IS", String(n + 1)),
    element(0x0020_0032, "DS", position),
    element(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0"),
    element(0x0020_0052, "UI", `${study}.2`),
    element(0x0028_0002, "US", u16(1)),
    element(0x0028_0004, "CS", "MONOCHROME2"),
    element(0x0028_0010, "US", u16(height)),
    element(0x0028_0011, "US", u16(width)),
    element(0x0028_0030, "DS", "0.8\\0.8"),
    element(0x0028_0100, "US", u16(16)),
    element(0x0028_0101, "US", u16(16)),
    element(0x0028_0102, "US", u16(15)),
    element(0x0028_0103, "US", u16(1)),
    element(0x0028_1052, "DS", String(rescale.intercept)),
    element(0x0028_1053, "DS", String(rescale.slope)),
    element(0x7fe0_0010, "OW", new Uint8Array(Int16Array.from(data).buffer)),
  ]);
}
