import { EMBEDDING_MEDIA, type Wire } from "../../core/embedding/file.ts";
import { planeOf } from "../../core/image/planes.ts";
import { UsageError } from "./args.ts";
import { command, withServices } from "./command.ts";
import { requirePath, requireTarget, writeResult } from "./files.ts";
import { SLICE_ARGS, sliceOptions } from "./prompts.ts";

const WIRES = Object.keys(EMBEDDING_MEDIA) as Wire[]; // Object.keys loses the key type

export const encode = command({
  name: "encode",
  description: "Write the embedding of a slice as a safetensors file",
  args: {
    file: { type: "positional", description: "An image, a volume, or a folder with one series" },
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
    await requireTarget(target);
    const { info, bytes } = await withServices(given, async ({ images, embeddings }) => {
      const { info: image } = await images.open(path);
      const { slices, ...request } = sliceOptions(given);
      const slice = slices?.[0] ?? Math.floor(planeOf(image, request.plane).count / 2);
      const info = await embeddings.embed(image.imageId, { ...request, slice });
      return { info, bytes: await embeddings.bytes(info.embeddingId, wire) };
    });
    await writeResult(target, bytes);
    if (target !== "-") result(info, `${info.embeddingId}, ${info.shape.join("×")} ${wire}, ${bytes.byteLength} bytes`);
  },
});
