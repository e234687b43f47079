import { SegmenterError } from "../../errors.ts";
import { type Contract, type ContractGraphs, embeddingFeeds, output, rawMasks } from "./contract.ts";

/** The graph pads to six points and drops what is beyond (`efficient_sam.py`, `decoder_max_num_input_points`). */
const MAX_POINTS = 6;

/** EfficientSAM's decoder (`onnx_models.py`): queries in a batch, coordinates of an image of `orig_im_size`. */
export function efficientSamContract({ manifest, decoder }: ContractGraphs): Contract {
  const { size } = manifest.logits;
  const scale = size / manifest.input.size;
  return {
    takes: (kind) => kind === "point" || kind === "box",
    prepare: async (embedding) => embeddingFeeds(embedding, decoder),
    feeds(prepared, { pointCoords, pointLabels }) {
      const count = pointLabels.length;
      if (count > MAX_POINTS) {
        const reason = `This model takes at most ${MAX_POINTS} points (a box counts as two), got ${count}.`;
        throw new SegmenterError("InvalidPrompt", { index: MAX_POINTS, reason });
      }
      return {
        ...prepared,
        // Masks come out at `orig_im_size`, points go in at it: both at the logits' size, so that nothing is upsampled.
        batched_point_coords: { type: "float32", data: pointCoords.map((v) => v * scale), dims: [1, 1, count, 2] },
        batched_point_labels: { type: "float32", data: pointLabels, dims: [1, 1, count] },
        orig_im_size: { type: "int64", data: BigInt64Array.of(BigInt(size), BigInt(size)), dims: [2] },
      };
    },
    read(outputs) {
      const { data: ious } = output(outputs, ["iou_predictions"]);
      return rawMasks(output(outputs, ["output_masks"]), ious, manifest);
    },
  };
}
