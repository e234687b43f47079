/** Runs an image encoder and refuses an answer that no decoder should see. */

import { SegmenterError } from "../errors.ts";
import { float32, type Session, type Tensor } from "../tensor/session.ts";
import type { Manifest } from "../wire/manifest.ts";

export interface Encoder {
  /** `[3, S, S]` of `modelInput` → float32 tensors by output name. Throws EncoderOutputInvalid: NaN, zeros, wrong shape. */
  encode(image: Float32Array): Promise<Record<string, Tensor>>;
  /** Frees the session. */
  release(): Promise<void>;
}

const invalid = (reason: string) => new SegmenterError("EncoderOutputInvalid", { reason });

/** A net that answers NaN, or nothing but zeros, has met bad pixels or bad weights. */
function checkOutput(name: string, { data }: Tensor) {
  if (!(data instanceof Float32Array)) throw invalid(`${name} is not float32.`);
  let zeros = true;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw invalid(`${name} is not all finite.`);
    zeros &&= data[i] === 0;
  }
  if (zeros) throw invalid(`${name} is all zeros.`);
}

/** The tensor of the manifest's shape must be among the answers; batch 1 may be written or left out. */
function checkShape(outputs: Readonly<Record<string, Tensor>>, { embedding: { shape } }: Manifest) {
  const got = Object.values(outputs).map(({ dims }) => dims.join("×"));
  if (!got.some((dims) => dims === shape.join("×") || dims === [1, ...shape].join("×")))
    throw invalid(`Expected a tensor ${shape.join("×")}, got ${got.join(", ")}.`);
}

/** Binds an encoder graph: its first input is the image, whatever it is called. */
export function createEncoder({ manifest, encoder }: { manifest: Manifest; encoder: Session }): Encoder {
  const { size } = manifest.input;
  const [input] = encoder.inputNames;
  return {
    async encode(image) {
      if (image.length !== 3 * size * size)
        throw new RangeError(`Expected [3, ${size}, ${size}], got ${image.length} values.`);
      const outputs = await encoder.run({ [input]: float32(image, [1, 3, size, size]) });
      checkShape(outputs, manifest);
      for (const [name, tensor] of Object.entries(outputs)) checkOutput(name, tensor);
      return outputs;
    },
    release: () => encoder.release(),
  };
}
