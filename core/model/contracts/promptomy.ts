import { SegmenterError } from "../../errors.ts";
import { float32, type Tensor } from "../../tensor/session.ts";
import { type Contract, type ContractGraphs, embeddingFeeds, output, pointFeeds, rawMasks } from "./contract.ts";

/** Our own contract: SAM's names, `prepare` beside the decoder, text, context and presence. */
export function promptomyContract({ manifest, decoder, prepare }: ContractGraphs): Contract {
  const takes = (name: string) => decoder.inputNames.includes(name);
  const { size } = manifest.input;

  /** A text that says nothing still needs the shape of one. */
  const noText = (): Tensor => {
    const declared = manifest.graphs.decoder.inputs?.text_embeddings?.shape.at(-1);
    const channels = typeof declared === "number" ? declared : (manifest.embedding.shape.at(-3) ?? 1);
    return float32(new Float32Array(channels), [1, 1, channels]);
  };

  return {
    // Measured on `val`: for one stroke the best of the candidates is better than the mask for several prompts.
    ambiguous: ["point", "scribble"],
    takes: (kind) => (kind !== "text" || takes("text_embeddings")) && (kind !== "mask" || takes("mask_input")),
    async prepare(embedding, image) {
      const tensors = embeddingFeeds(embedding, decoder);
      if (!prepare) return tensors;
      const needsImage = prepare.inputNames.includes("image");
      if (needsImage && image?.length !== 3 * size * size) {
        const reason = `This model prepares a slice from its image [3, ${size}, ${size}]; got ${image?.length ?? 0} values.`;
        throw new SegmenterError("InvalidRequest", { reason, path: "image" });
      }
      const outputs = await prepare.run({
        ...(image && needsImage ? { image: float32(image, [1, 3, size, size]) } : {}),
        ...embeddingFeeds(embedding, prepare),
      });
      return Object.fromEntries(Object.entries({ ...tensors, ...outputs }).filter(([name]) => takes(name)));
    },
    feeds(prepared, prompt, { text, context }) {
      return {
        ...prepared,
        ...pointFeeds(prompt, decoder, manifest),
        ...(takes("text_embeddings") ? { text_embeddings: text ?? noText() } : {}),
        ...(takes("has_text") ? { has_text: float32(Float32Array.of(text ? 1 : 0), [1]) } : {}),
        ...(takes("context") && context ? { context } : {}),
      };
    },
    read(outputs) {
      const { data: ious } = output(outputs, ["iou_predictions"]);
      const raw = rawMasks(output(outputs, ["low_res_masks"]), ious, manifest);
      const presence = outputs.presence?.data[0];
      return typeof presence === "number" ? { ...raw, presence } : raw;
    },
  };
}
