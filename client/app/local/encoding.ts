/** The encoder in a browser: checked once by its golden, one slice after the other. */
import { asFloat32 } from "../../../core/embedding/file.ts";
import type { Slice, Window } from "../../../core/image/volume.ts";
import { createEncoder, type Encoder } from "../../../core/model/encoder.ts";
import { imageOf } from "../../../core/model/golden.ts";
import { modelInput } from "../../../core/model/preprocess.ts";
import { ortSession } from "../../../core/tensor/ort-session.ts";
import { readSafetensors } from "../../../core/tensor/safetensors.ts";
import type { Tensor } from "../../../core/tensor/session.ts";
import type { Crop, Manifest } from "../../../core/wire/index.ts";
import { serially } from "../../decode/backend.ts";
import { loadWasm } from "../../decode/wasm.ts";
import type { ReadModelFile } from "../../local/local-worker.ts";

/** Largest relative error of the golden's features: float32 on another kernel, against the float16 that is stored. */
const GOLDEN_ERROR = 0.02;

export interface EncodeTask {
  readonly slice: Slice;
  readonly window: Window | null;
  readonly crop: Crop | undefined;
}

export interface Encoding {
  encode(task: EncodeTask): Promise<Record<string, Tensor>>;
}

export function createEncoding(manifest: Manifest, threads: number, readFile: ReadModelFile): Encoding {
  const inTurn = serially();
  let encoder: Promise<Encoder> | undefined;
  const open = async (): Promise<Encoder> => {
    const [ort, bytes] = await Promise.all([loadWasm(threads), readFile(manifest.graphs.encoder)]);
    const session = await ortSession(ort, bytes, { executionProviders: ["wasm"] });
    const opened = createEncoder({ manifest, encoder: session });
    if (manifest.golden) await checkEncoder(opened, await readFile(manifest.golden), manifest);
    return opened;
  };
  return {
    encode: ({ slice, window, crop }) =>
      inTurn(async () => {
        encoder ??= open().catch((thrown) => {
          encoder = undefined;
          throw thrown;
        });
        const { image } = modelInput(slice, { window, input: manifest.input, ...(crop ? { crop } : {}) });
        return (await encoder).encode(image);
      }),
  };
}

/** The golden's image must give the golden's features. Throws a plain Error: this browser cannot be trusted to encode. */
async function checkEncoder(encoder: Encoder, golden: Uint8Array, manifest: Manifest): Promise<void> {
  const { tensors } = readSafetensors(golden);
  const { image } = tensors;
  if (!image) return;
  const got = await encoder.encode(imageOf(image, manifest));
  for (const [name, tensor] of Object.entries(got)) {
    const stored = tensors[name];
    const error = stored ? relativeError(asFloat32(tensor), asFloat32(stored)) : 0;
    if (!(error <= GOLDEN_ERROR))
      throw new Error(`The encoder's self-check failed: ${name} is off by ${error.toFixed(3)}.`);
  }
}

/** ‖a − b‖ / ‖b‖. */
function relativeError(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [off, whole] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    off += (a[i] - b[i]) ** 2;
    whole += b[i] ** 2;
  }
  return Math.sqrt(off / whole);
}
