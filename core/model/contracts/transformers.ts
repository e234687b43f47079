import { LABEL, type PromptFeeds } from "../../prompt/sam.ts";
import { float32 } from "../../tensor/session.ts";
import { type Contract, type ContractGraphs, embeddingFeeds, output, rawMasks } from "./contract.ts";

/** Coordinates and labels without the padding point (these graphs pad by themselves) and, where asked, without the box. */
function points({ pointCoords, pointLabels }: PromptFeeds, withBox: boolean) {
  const kept = [...pointLabels.keys()].filter((i) => {
    const label = pointLabels[i];
    return label !== LABEL.padding && (withBox || (label !== LABEL.boxTopLeft && label !== LABEL.boxBottomRight));
  });
  return {
    count: kept.length,
    coords: Float32Array.from(kept.flatMap((i) => [pointCoords[2 * i], pointCoords[2 * i + 1]])),
    labels: BigInt64Array.from(kept, (i) => BigInt(pointLabels[i])),
  };
}

function boxOf({ pointCoords, pointLabels }: PromptFeeds): Float32Array {
  const first = pointLabels.indexOf(LABEL.boxTopLeft);
  return first < 0 ? new Float32Array(0) : pointCoords.slice(2 * first, 2 * first + 4);
}

/**
 * The export of transformers.js and Optimum, SAM and SAM 2 (told apart by the embedding's names): `input_points`,
 * int64 `input_labels`, and `input_boxes` where the graph has it. Points and boxes are pixel centres; the graph adds 0.5.
 */
export function transformersContract({ manifest, decoder }: ContractGraphs): Contract {
  const takes = (name: string) => decoder.inputNames.includes(name);
  return {
    takes: (kind) => kind === "point" || kind === "scribble" || (kind === "box" && takes("input_boxes")),
    async prepare(embedding) {
      return embeddingFeeds(embedding, decoder);
    },
    feeds(prepared, prompt) {
      const { count, coords, labels } = points(prompt, false);
      const box = boxOf(prompt);
      return {
        ...prepared,
        input_points: float32(coords, [1, 1, count, 2]),
        input_labels: { type: "int64", data: labels, dims: [1, 1, count] },
        ...(takes("input_boxes") ? { input_boxes: float32(box, [1, box.length / 4, 4]) } : {}),
      };
    },
    read(outputs) {
      const { data: ious } = output(outputs, ["iou_scores"]);
      return rawMasks(output(outputs, ["pred_masks"]), ious, manifest);
    },
  };
}
