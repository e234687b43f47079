/** The encoder of a page without a server, timed by `bench offline`. */
import { createEncoding } from "../../client/app/local/encoding.ts";
import { sliceOf } from "../../core/image/slice.ts";
import { defaultWindow } from "../../core/image/window.ts";
import { createPhantom } from "../../core/phantom/phantom.ts";
import type { Manifest } from "../../core/wire/index.ts";

/** Milliseconds of each slice of the phantom; the first encode, which loads the model, does not count. */
async function encodeTimes(slices: readonly number[], threads: number): Promise<number[]> {
  const folder = new URL("model/", location.href);
  const manifest: Manifest = await (await fetch(new URL("manifest.json", folder))).json();
  const encoding = createEncoding(manifest, threads, async ({ path }) => {
    return new Uint8Array(await (await fetch(new URL(path, folder))).arrayBuffer());
  });
  const { volume } = createPhantom();
  const window = defaultWindow(volume);
  const encode = (k: number) => encoding.encode({ slice: sliceOf(volume, "axial", k), window, crop: undefined });
  await encode(0);
  const times: number[] = [];
  for (const k of slices) {
    const start = performance.now();
    await encode(k);
    times.push(performance.now() - start);
  }
  return times;
}

Object.assign(globalThis, { encodeTimes });
