import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineAddress } from "../../../server/inference/oip.ts";
import { createInferencePool } from "../../../server/inference/pool.ts";
import { loadModels } from "../../../server/models/registry.ts";
import { repositoryRoot } from "../../support/data.ts";
import { needsEngine, startEngine } from "../../support/engine.ts";
import { modelFolder, openPool, scratch, sliceOf, WINDOW } from "../inference-support.ts";

const ENGINES = [
  { name: "KServe's model server", program: "kserve_encoder.py" },
  { name: "Ray Serve, as deploy/ray/app.py says it", program: "ray_encoder.py" },
];

describe.each(ENGINES)("an encoder in $name, over the Open Inference Protocol", needsEngine("serve"), ({ program }) => {
  let engine: Awaited<ReturnType<typeof startEngine>>;
  let dir: string;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    dir = await modelFolder(await scratch((end) => ends.push(end)));
    const app = join(repositoryRoot, "test/engines", program);
    engine = await startEngine("python", (port) => [app, String(port), join(dir, "encoder.onnx")], "/v2/health/ready");
  }, 120_000);
  afterAll(async () => {
    engine?.end();
    for (const end of ends) await end();
  });

  test("gives the numbers that the same graph gives in our own child process", async () => {
    const models = await loadModels([dir]);
    const encoder = { url: `${engine.url.replace("http", "oip")}/encoder` };
    const remote = await createInferencePool({ models, encoder, encoders: 2, decoders: 0 });
    ends.push(() => remote.close({ graceMs: 0 }));
    const { pool } = await openPool();
    const job = { modelId: "tiny", slice: sliceOf(3), window: WINDOW };
    const [there, here] = await Promise.all([remote.encode(job), pool.encode(job)]);
    const [a, b] = [there, here].map(({ tensors }) => tensors.image_embeddings!);
    expect(a!.dims).toEqual(b!.dims);
    let most = 0;
    for (let i = 0; i < b!.data.length; i++) most = Math.max(most, Math.abs(Number(a!.data[i]) - Number(b!.data[i])));
    expect(most).toBeLessThan(1e-5);
    expect(remote.deviceReason).toContain("/v2/models/encoder");
  });

  test("an engine that is gone is a declared error, soon and again", async () => {
    const models = await loadModels([dir]);
    const remote = await createInferencePool({
      models,
      encoder: { url: "oip://127.0.0.1:1/encoder" },
      encoders: 1,
      decoders: 0,
    });
    ends.push(() => remote.close({ graceMs: 0 }));
    const job = { modelId: "tiny", slice: sliceOf(4), window: WINDOW };
    for (let n = 0; n < 2; n++) await expect(remote.encode(job)).rejects.toMatchObject({ code: "EncoderCrashed" });
  });
});

const NAME = { id: "tiny", digest: `sha256:${"a".repeat(64)}` } as const;

test.each(["ftp://a", "http://", "http://a?b", "http://u:p@a", "oip://a", "oip://a/b/c", "oip:///b"])(
  "%s is no engine",
  (url) => {
    expect(() => engineAddress(url, NAME)).toThrow(/InvalidRequest/);
  },
);

test.each([
  ["oips://gpu:8000/encoder", "https://gpu:8000/v2/models/encoder"],
  ["http://gpu:8080", `http://gpu:8080/v2/models/tiny/versions/${"a".repeat(64)}`],
  ["https://gpu/lab/", `https://gpu/lab/v2/models/tiny/versions/${"a".repeat(64)}`],
])("%s is asked at %s", (url, address) => expect(engineAddress(url, NAME)).toBe(address));
