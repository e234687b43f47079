import { EMBEDDING_MEDIA, type Wire } from "../../core/embedding/file.ts";
import { UsageError } from "./args.ts";
import { command, withServices } from "./command.ts";
import { requirePath, writeResult } from "./files.ts";
import { SLICE_ARGS } from "./prompts.ts";
import { openSlice } from "./segment.ts";

const WIRES = Object.keys(EMBEDDING_MEDIA) as Wire[]; // Object.keys loses the key type

export const encode = command({
  name: "encode",
  description: "Write the embedding of a slice as a safetensors file",
  args: {
    file: { type: "positional", description: "A picture, a volume, or a folder with one series" },
    ...SLICE_ARGS,
    wire: { type: "string", description: `${WIRES.join(", ")} (i8)`, valueHint: "type" },
    output: { type: "string", alias: "o", description: "File to write; - is standard output" },
  },
  async run({ given, result }) {
    const path = requirePath(given);
    const asked = given.value("wire") ?? "i8";
    const wire = WIRES.find((name) => name === asked);
    if (!wire) throw new UsageError(`--wire expects one of ${WIRES.join(", ")}, got "${asked}".`);
    const target = given.value("output");
    const { info, bytes } = await withServices(given, async ({ images, embeddings }) => {
      const { info: image, request } = await openSlice({ images }, path, given);
      const info = await embeddings.embed(image.imageId, request);
      return { info, bytes: await embeddings.bytes(info.embeddingId, wire) };
    });
    await writeResult(target, bytes);
    if (target !== "-") result(info, `${info.embeddingId}, ${info.shape.join("×")} ${wire}, ${bytes.byteLength} bytes`);
  },
});
