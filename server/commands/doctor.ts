import { readdir, stat } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { isSegmenterError, toError } from "../../core/errors.ts";
import { createInferencePool } from "../inference/pool.ts";
import { loadModels, type ModelRegistry } from "../models/registry.ts";
import { command, commandSettings } from "./command.ts";
import { exists } from "./files.ts";

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export const doctor = command({
  name: "doctor",
  description: "Look at runtime, device, models, cache and viewer",
  args: {},
  async run({ given, result }) {
    const settings = commandSettings(given);
    const models = await loadModels(settings.modelDirs);
    const findings: Finding[] = [
      runtime(),
      await device(models, settings.device),
      ...modelFindings(models),
      await cache(settings.cacheDir),
      { name: "viewer", ok: await exists(join(settings.clientDir, "index.html")), detail: settings.clientDir },
    ];
    const lines = findings.map(({ name, ok, detail }) => `${ok ? "ok " : "BAD"}  ${name}: ${detail}`);
    result(findings, lines.join("\n"));
    const bad = findings.filter(({ ok }) => !ok);
    if (bad.length > 0) throw new Error(`Not well: ${bad.map(({ name }) => name).join(", ")}.`);
  },
});

function runtime(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const detail = `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} cores, ${gib} GiB`;
  return { name: "runtime", ok: major > 20 || (major === 20 && minor >= 19), detail };
}

/** Starts the pool as `serve` would, which tries the device in a child process. */
async function device(
  models: ModelRegistry,
  wanted: Parameters<typeof createInferencePool>[0]["device"] & string,
): Promise<Finding> {
  try {
    const pool = await createInferencePool({ models, device: wanted });
    await pool.close({ graceMs: 0 });
    return { name: "device", ok: true, detail: `${pool.device}: ${pool.deviceReason}` };
  } catch (thrown) {
    const error = toError(thrown);
    const detail = isSegmenterError(error, "InvalidRequest") ? error.detail.reason : error.message;
    return { name: "device", ok: false, detail };
  }
}

function modelFindings(models: ModelRegistry): Finding[] {
  const good = models.list().map(({ id, manifest }) => ({
    name: `model ${id}`,
    ok: true,
    detail: `${manifest.name}, ${manifest.licence}, verified`,
  }));
  const bad = models.refused().map(({ id, error }) => ({ name: `model ${id}`, ok: false, detail: error.message }));
  const none = { name: "models", ok: false, detail: "none found" };
  return good.length + bad.length > 0 ? [...good, ...bad] : [none];
}

async function cache(dir: string): Promise<Finding> {
  const sizes = await Promise.all(
    ["images", "embeddings"].map(async (name) => {
      const entries = await readdir(join(dir, name)).catch(() => []);
      const stats = await Promise.all(entries.map((entry) => stat(join(dir, name, entry)).catch(() => undefined)));
      const bytes = stats.reduce((sum, found) => sum + (found?.size ?? 0), 0);
      return `${name} ${(bytes / 1e6).toFixed(1)} MB`;
    }),
  );
  return { name: "cache", ok: true, detail: `${dir}, ${sizes.join(", ")}` };
}
