import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { gatewayConfig } from "../../../scripts/gateway.mjs";
import { repositoryRoot } from "../../support/data.ts";
import { engine, needsEngine } from "../../support/engine.ts";
import { needsNginx } from "../../support/gateway.ts";
import { freePort } from "../../support/redis.ts";

interface Check {
  readonly file: string;
  /** Who reads it, for the title. */
  readonly by: string;
  readonly needs: ReturnType<typeof needsEngine>;
  readonly command: (path: string) => readonly [string, ...string[]];
  /** A reader wants its places filled first. */
  readonly fill?: (dir: string) => Promise<string>;
  /** What stands there, what would be wrong, and what the reader says of it. */
  readonly faults: readonly (readonly [string, string, string])[];
}

/** All of them come with the same requirements. */
const readers = needsEngine("hadolint");

const python = (kind: string) => (path: string) =>
  [engine("python"), join(repositoryRoot, "test/engines/check_file.py"), kind, path] as const;

const CHECKS: readonly Check[] = [
  {
    file: "deploy/kubernetes.yaml",
    by: "kubernetes-validate --strict",
    needs: readers,
    command: (path) => [engine("kubernetes-validate"), "--strict", path],
    faults: [
      ["readinessProbe", "readyProbe", "readyProbe"],
      ["maxReplicas: 20", "maxReplicas: many", "many"],
    ],
  },
  {
    file: "compose.yaml",
    by: "the Compose specification",
    needs: readers,
    command: python("compose"),
    faults: [
      ["cap_drop", "capdrop", "capdrop"],
      ["127.0.0.1:8080:8080", "127.0.0.1:web:8080", "web"],
      ["volumes: { images: {}, redis: {} }", "volumes: { redis: {} }", "images"],
    ],
  },
  {
    file: "deploy/triton/encoder/config.pbtxt",
    by: "Triton's message ModelConfig and the encoder's graph",
    needs: readers,
    command: python("triton"),
    faults: [
      ["max_queue_delay_microseconds", "max_queue_delay", "max_queue_delay"],
      ["TYPE_FP32", "FP32", "FP32"],
      ["[ 128, 24, 24 ]", "[ 256, 64, 64 ]", "256"],
    ],
  },
  {
    file: "Dockerfile",
    by: "hadolint",
    needs: readers,
    command: (path) => [engine("hadolint"), path],
    faults: [
      ["WORKDIR /app", "WORKDIR app", "WORKDIR"],
      ["COPY --from=build", "COPY --from=built", "alias"],
    ],
  },
  {
    file: "deploy/nginx.conf",
    by: "nginx -t",
    needs: needsNginx(),
    command: (path) => ["nginx", "-t", "-q", "-c", path],
    fill: async (dir) =>
      gatewayConfig({ dir, listen: `127.0.0.1:${await freePort()}`, replicas: ["127.0.0.1:1", "127.0.0.1:2"] }),
    faults: [
      ["consistent", "consistently", "consistently"],
      ["proxy_next_upstream error", "proxy_next_upstream errors", "errors"],
    ],
  },
];

describe.each(CHECKS)("$file, read by $by", ({ needs, ...check }) => {
  /** Its exit status, and what it says. */
  const read = async (change: (text: string) => string) => {
    const dir = mkdtempSync(join(tmpdir(), "deploy-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const path = join(dir, basename(check.file));
    writeFileSync(path, change((await check.fill?.(dir)) ?? readFileSync(join(repositoryRoot, check.file), "utf8")));
    const [program, ...args] = check.command(path);
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    return { status, said: `${stdout}${stderr}` };
  };

  test("passes", needs, async () => {
    const { status, said } = await read((text) => text);
    expect(status, said).toBe(0);
  });

  test.each(check.faults)("%s written as %s is seen", needs, async (right, wrong, word) => {
    const { status, said } = await read((text) => {
      expect(text).toContain(right);
      return text.replaceAll(right, wrong);
    });
    expect(status, said).toBeGreaterThan(0);
    expect(said).toContain(word);
  });
});
