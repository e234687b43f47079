import { SegmenterError } from "../../errors.ts";
import type { Session } from "../../tensor/session.ts";
import type { Manifest } from "../../wire/manifest.ts";
import type { Contract, ContractGraphs } from "./contract.ts";
import { efficientSamContract } from "./efficientsam.ts";
import { metaContract } from "./meta.ts";
import { promptomyContract } from "./promptomy.ts";
import { transformersContract } from "./transformers.ts";

const REQUIRED = {
  promptomy: ["point_coords", "point_labels"],
  meta: ["point_coords", "point_labels"],
  efficientsam: ["batched_point_coords", "batched_point_labels"],
  "transformers.js": ["input_points", "input_labels"],
} as const;

/** The contract that a manifest names, checked against what the graph really takes. Throws ModelCorrupt. */
export function contractOf(manifest: Manifest, decoder: Session, prepare?: Session): Contract {
  const batched = manifest.contract === "meta" && decoder.inputNames.includes("batched_point_coords");
  const contract = batched ? "efficientsam" : manifest.contract;
  const missing = REQUIRED[contract].filter((name) => !decoder.inputNames.includes(name));
  if (missing.length > 0) {
    const reason = `The contract "${contract}" needs the inputs ${missing.join(", ")}; it has ${decoder.inputNames.join(", ")}.`;
    throw new SegmenterError("ModelCorrupt", { modelId: manifest.id, file: manifest.graphs.decoder.path, reason });
  }
  const graphs: ContractGraphs = { manifest, decoder, prepare };
  switch (contract) {
    case "promptomy":
      return promptomyContract(graphs);
    case "meta":
      return metaContract(graphs);
    case "efficientsam":
      return efficientSamContract(graphs);
    case "transformers.js":
      return transformersContract(graphs);
    default:
      return contract satisfies never;
  }
}
