import { SegmenterError } from "../../errors.ts";
import type { Session } from "../../tensor/session.ts";
import type { Manifest } from "../../wire/manifest.ts";
import type { Family, FamilyGraphs } from "./contract.ts";
import { efficientSamFamily } from "./efficientsam.ts";
import { metaFamily } from "./meta.ts";
import { promptomyFamily } from "./promptomy.ts";
import { transformersFamily } from "./transformers.ts";

const REQUIRED = {
  promptomy: ["point_coords", "point_labels"],
  meta: ["point_coords", "point_labels"],
  efficientsam: ["batched_point_coords", "batched_point_labels"],
  "transformers.js": ["input_points", "input_labels"],
} as const;

/** The family of a manifest's contract, checked against what the graph really takes. Throws ModelCorrupt. */
export function familyOf(manifest: Manifest, decoder: Session, prepare?: Session): Family {
  const batched = manifest.contract === "meta" && decoder.inputNames.includes("batched_point_coords");
  const contract = batched ? "efficientsam" : manifest.contract;
  const missing = REQUIRED[contract].filter((name) => !decoder.inputNames.includes(name));
  if (missing.length > 0) {
    const reason = `The contract "${contract}" needs the inputs ${missing.join(", ")}; it has ${decoder.inputNames.join(", ")}.`;
    throw new SegmenterError("ModelCorrupt", { modelId: manifest.id, file: manifest.graphs.decoder.path, reason });
  }
  const graphs: FamilyGraphs = { manifest, decoder, prepare };
  switch (contract) {
    case "promptomy":
      return promptomyFamily(graphs);
    case "meta":
      return metaFamily(graphs);
    case "efficientsam":
      return efficientSamFamily(graphs);
    case "transformers.js":
      return transformersFamily(graphs);
    default:
      return contract satisfies never;
  }
}
