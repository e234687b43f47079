import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { IDENTITY } from "../../core/image/geometry.ts";
import { maskArea } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { readSafetensors } from "../../core/tensor/safetensors.ts";
import { EmbeddingInfo, MaskResponse } from "../../core/wire/index.ts";
import { readImage, readSegments, targetFrames, writeNiftiLabelmap, writePng } from "../../formats/index.ts";
import { runCli } from "../../server/commands/main.ts";
import { repositoryRoot } from "../support/data.ts";
import { ctSeries } from "../support/dicom-series.ts";
import { writeTinyModel } from "../support/onnx.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cli-"));
  await writeTinyModel(join(dir, "models", "tiny"));
  await writeFile(join(dir, "picture.png"), writePng({ width: 40, height: 30, data: new Uint8Array(1200).fill(90) }));
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** The command from source, with a cache and an environment of its own. */
function promptomy(...args: readonly string[]): Promise<Ran> {
  const { PATH = "", HOME = "" } = process.env;
  const env = {
    PATH,
    HOME,
    PROMPTOMY_CACHE_DIR: join(dir, "cache"),
    PROMPTOMY_MODEL_DIRS: join(dir, "models"),
    PROMPTOMY_DEVICE: "cpu",
  };
  const child = spawn(process.execPath, ["--import", "tsx", "server/cli.ts", ...args], { cwd: repositoryRoot, env });
  const out: Buffer[] = [];
  let err = "";
  child.stdout.on("data", (chunk) => out.push(chunk));
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out: Buffer.concat(out), err })));
}

const picture = () => join(dir, "picture.png");

describe("promptomy segment", () => {
  test("writes the best mask as JSON, PNG and NIfTI, which agree", async () => {
    const json = await promptomy("segment", picture(), "--point", "20,15", "--point", "2,2,-", "-o", "-");
    expect({ code: json.code, err: json.err }).toMatchObject({ code: 0 });
    const answer = MaskResponse.parse(JSON.parse(json.out.toString()));
    const { area } = answer.masks[0]!;
    expect(maskArea(decodeRle(answer.masks[0]!.rle))).toBe(area);
    for (const name of ["mask.png", "mask.nii.gz"]) {
      const path = join(dir, name);
      const where = ["--cache-dir", join(dir, "cache"), "--model-dir", join(dir, "models"), "--device", "cpu"];
      expect(await runCli(["segment", picture(), "--point=20,15", "--point=2,2,-", "-o", path, ...where])).toBe(0);
      const { data, size } = await readImage([{ bytes: await readFile(path) }]);
      expect(size).toEqual([40, 30, 1]);
      expect(Array.from(data).filter(Boolean)).toHaveLength(area);
    }
  }, 120_000);

  test.each([
    { name: "no file", args: ["segment", "--point", "1,1"] },
    { name: "no prompt", args: ["segment", "FILE"] },
    { name: "a point of one number", args: ["segment", "FILE", "--point", "1"] },
    { name: "an option nobody knows", args: ["segment", "FILE", "--point", "1,1", "--magic"] },
    { name: "an output of no known format", args: ["segment", "FILE", "--point", "1,1", "-o", "mask.docx"] },
    { name: "a window without width", args: ["segment", "FILE", "--point", "1,1", "--window", "-600,0"] },
    { name: "an unknown command", args: ["conjure"] },
    { name: "no command", args: [] },
  ])(
    "$name is wrong use, exit code 2",
    async ({ args }) => {
      expect((await promptomy(...args.map((arg) => (arg === "FILE" ? picture() : arg)))).code).toBe(2);
    },
    60_000,
  );

  test("a file that is no picture, or not there, is a failure, exit code 1", async () => {
    const text = join(dir, "notes.txt");
    await writeFile(text, "not a picture");
    for (const path of [text, join(dir, "absent.png")]) {
      expect(
        await runCli(["segment", path, "--point", "1,1", "--cache-dir", join(dir, "cache"), "--device", "cpu"]),
      ).toBe(1);
    }
  }, 60_000);
});

describe("what scripts rely on", () => {
  test.each([
    { args: ["serve", "--port", "99999"], says: "--port: expected 0 to 65535." },
    { args: ["serve", "--dicomweb", "localhost:8042"], says: "--dicomweb: expected an address or a JSON file." },
    { args: ["serve", "--host", "0.0.0.0", "--port", "0"], says: "--host: an address that others reach needs --oidc-" },
  ])(
    "what is wrong with $args is told by the option",
    async ({ args, says }) => {
      const { code, err } = await promptomy(...args);
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`promptomy: ${says}`) });
    },
    60_000,
  );

  test("a command that is none is told without colours, and where the commands stand", async () => {
    const { code, err } = await promptomy("segmnt", picture());
    expect({ code, err }).toEqual({ code: 2, err: "promptomy: Unknown command segmnt; see promptomy --help.\n" });
  });

  const where = () => ["--cache-dir", join(dir, "cache"), "--model-dir", join(dir, "models"), "--device", "cpu"];

  test("prompts from a file are the API's own", async () => {
    const path = join(dir, "prompts.json");
    await writeFile(path, JSON.stringify([{ kind: "point", x: 20, y: 15, label: "foreground" }]));
    const [byFile, byOption] = [join(dir, "a.png"), join(dir, "b.png")];
    expect(await runCli(["segment", picture(), "--prompts", path, "-o", byFile, ...where()])).toBe(0);
    expect(await runCli(["segment", picture(), "--point=20,15", "-o", byOption, ...where()])).toBe(0);
    expect(await readFile(byFile)).toEqual(await readFile(byOption));
    await writeFile(path, '[{"kind":"point","x":1}]');
    expect(await runCli(["segment", picture(), "--prompts", path, ...where()])).toBe(2);
  }, 120_000);

  test("a range of slices reads the volume once and writes one mask a slice", async () => {
    const path = join(dir, "volume.nii");
    const labels = Uint16Array.from({ length: 16 * 12 * 6 }, (_, i) => i % 900);
    await writeFile(path, writeNiftiLabelmap({ labels, size: [16, 12, 6], ijkToLps: IDENTITY }));
    const out = join(dir, "masks");
    expect(await runCli(["segment", path, "--slice", "2:4", "--point=5,5", "-o", out, ...where()])).toBe(0);
    expect(await readdir(out)).toEqual(["native-0002.png", "native-0003.png", "native-0004.png"]);
    const whole = join(dir, "masks.nii.gz");
    expect(await runCli(["segment", path, "--slice", "2:4", "--point=5,5", "-o", whole, ...where()])).toBe(0);
    expect((await readImage([{ bytes: await readFile(whole) }])).size).toEqual([16, 12, 6]);
    expect(await runCli(["segment", path, "--slice", "2:9", "--point=5,5", "-o", out, ...where()])).toBe(1);
    expect(await runCli(["segment", path, "--slice", "4:2", "--point=5,5", "-o", out, ...where()])).toBe(2);
    // one PNG would hold the first slice alone
    const one = join(dir, "one.png");
    expect(await runCli(["segment", path, "--slice", "2:4", "--point=5,5", "-o", one, ...where()])).toBe(2);
    expect(existsSync(one)).toBe(false);
    const names = ["segment", path, "--text", "liver, spleen", "-o", whole, ...where()];
    expect(await runCli([...names, "--slice", "2:4"])).toBe(2);
    expect(await runCli([...names, "--propagate"])).toBe(2);
  }, 120_000);

  test("the endings of -o name the formats of the server's writers", async () => {
    const folder = join(dir, "series");
    await mkdir(folder);
    for (const [k, bytes] of ctSeries().entries()) await writeFile(join(folder, `${k}.dcm`), bytes);
    const write = async (name: string, ...more: string[]) => {
      const path = join(dir, name);
      const args = ["segment", folder, "--slice", "1:2", "--point=30,26", "-o", path, ...more, ...where()];
      return { code: await runCli(args), bytes: () => readFile(path) };
    };
    const nifti = await write("truth.nii.gz");
    const { data } = await readImage([{ bytes: await nifti.bytes() }]);
    const voxels = Array.from(data).filter(Boolean).length;
    expect(voxels).toBeGreaterThan(0);
    const target = await readImage(ctSeries().map((bytes) => ({ bytes })));
    const source = target.source && targetFrames(target.source);
    const counted = async (name: string) => {
      const { code, bytes } = await write(name);
      expect(code, name).toBe(0);
      const { segments } = await readSegments(await bytes(), { ...target, ...source });
      return segments.flatMap(({ masks }) => masks).reduce((sum, { rle }) => sum + maskArea(decodeRle(rle)), 0);
    };
    expect(await counted("mask.dcm")).toBe(voxels);
    expect(await counted("mask.rtstruct.dcm")).toBe(voxels);
    expect(await counted("mask.seg.nrrd")).toBe(voxels);
    const { features } = JSON.parse(String(await (await write("mask.geojson")).bytes()));
    expect(features.length).toBeGreaterThanOrEqual(2);
    const picked = ["segment", picture(), "--point=20,15", "-o", join(dir, "no.dcm"), ...where()];
    expect(await runCli(picked)).toBe(1);
  }, 180_000);

  test("the version, the help of an inner command, a missing file and a port in use are said clearly", async () => {
    const { version } = JSON.parse(await readFile(join(repositoryRoot, "package.json"), "utf8"));
    expect((await promptomy("--version")).out.toString()).toBe(`${version}\n`);
    const help = await promptomy("models", "pull", "--help");
    expect([help.code, help.out.toString()]).toEqual([0, expect.stringContaining("Fetch a model of the catalogue")]);
    const missing = await promptomy("segment", join(dir, "absent.png"), "--point", "1,1");
    expect(missing.err).toContain(`There is no file or folder ${join(dir, "absent.png")}.`);
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void busy.close());
    const { port } = busy.address() as AddressInfo;
    const served = await promptomy("serve", "--port", String(port));
    expect([served.code, served.err]).toEqual([1, expect.stringContaining(`Port ${port} of 127.0.0.1 is in use`)]);
  }, 120_000);
});

test("promptomy encode writes a safetensors file and says what it is", async () => {
  const path = join(dir, "slice.safetensors");
  const ran = await promptomy("encode", picture(), "--wire", "f16", "--json", "-o", path);
  expect(ran.code).toBe(0);
  const info = EmbeddingInfo.parse(JSON.parse(ran.out.toString()));
  const { tensors } = readSafetensors(new Uint8Array(await readFile(path)));
  expect(tensors.image_embeddings).toMatchObject({ type: "float16", dims: info.shape });
}, 60_000);

test("promptomy models and doctor tell good models from bad ones", async () => {
  const listed = await promptomy("models", "list", "--json");
  const [first] = JSON.parse(listed.out.toString());
  expect(first).toMatchObject({ id: "tiny-promptomy", state: "default", licence: "Apache-2.0" });
  expect(await runCli(["models", "verify", "--model-dir", join(dir, "models")])).toBe(0);
  const bad = join(dir, "bad");
  await writeTinyModel(bad, "promptomy", "bad");
  await writeFile(join(bad, "decoder.onnx"), "flipped");
  const verified = await promptomy("models", "verify", "--model-dir", bad, "--json");
  expect(verified.code).toBe(1);
  expect(JSON.parse(verified.out.toString())).toContainEqual(
    expect.objectContaining({ id: "bad", ok: false, code: "ModelCorrupt" }),
  );
  const doctor = await promptomy("doctor", "--json");
  const findings = JSON.parse(doctor.out.toString()) as { name: string; ok: boolean }[];
  expect(findings.filter(({ name }) => name !== "viewer").every(({ ok }) => ok)).toBe(true);
}, 120_000);
