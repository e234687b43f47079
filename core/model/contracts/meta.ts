import { float32 } from "../../tensor/session.ts";
import { type Contract, type ContractGraphs, embeddingFeeds, output, pointFeeds, rawMasks } from "./contract.ts";

/**
 * Meta's decoder (`segment_anything/utils/onnx.py`) and those who kept its names: MobileSAM, MedSAM exports, EdgeSAM
 * (outputs `scores`, `masks`), SAM 2 with its high-resolution features as further embedding tensors.
 */
export function metaContract({ manifest, decoder }: ContractGraphs): Contract {
  const takes = (name: string) => decoder.inputNames.includes(name);
  const { size } = manifest.logits;
  return {
    takes: (kind) => kind !== "text" && (kind !== "mask" || takes("mask_input")),
    prepare: async (embedding) => embeddingFeeds(embedding, decoder),
    feeds: (prepared, prompt) => ({
      ...prepared,
      ...pointFeeds(prompt, decoder, manifest),
      // The graph resizes its masks to this size. We use the logits, so the cheapest size is the right one.
      ...(takes("orig_im_size") ? { orig_im_size: float32(Float32Array.of(size, size), [2]) } : {}),
    }),
    read(outputs) {
      const { data: ious } = output(outputs, ["iou_predictions", "scores"]);
      return rawMasks(output(outputs, ["low_res_masks", "masks"]), ious, manifest);
    },
  };
}
