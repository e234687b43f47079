import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../server/node.ts";
import { createLog } from "../server/ops/log.ts";
import { chromiumPath } from "../test/support/browser.ts";
import { buildClientPage } from "../test/support/serve.ts";
import { browserRows } from "./browser.ts";
import { graphRows } from "./graphs.ts";
import { machine, table } from "./report.ts";
import { SAM_SHAPED, writeSamShaped } from "./sam-shaped.ts";
import { firstMaskRow, memoryRow } from "./served.ts";

const DEFAULT = fileURLToPath(new URL("../models/default", import.meta.url));

/**
 * Encode, decode, bytes, first mask and memory, each beside a SAM-shaped model with random weights in the same run, so
 * that the ratios hold on any machine. Nothing else should run meanwhile.
 */
export async function speed(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "bench-"));
  const yardstick = join(scratch, SAM_SHAPED);
  await writeSamShaped(yardstick);
  const rows = await graphRows(DEFAULT, yardstick);

  const page = await buildClientPage();
  const server = await startServer({
    port: 0,
    cacheDir: join(scratch, "cache"),
    modelDirs: [DEFAULT, yardstick],
    clientDir: page.dir,
    log: createLog({ level: "silent" }),
  });
  try {
    const models = { ours: server.services.models.get().id, yardstick: SAM_SHAPED };
    rows.push(...(await firstMaskRow(server, models)));
    const [{ imageId }] = server.studies;
    if (chromiumPath()) rows.push(...(await browserRows({ url: server.url, imageId, slice: 40 }, models)));
    rows.push(...(await memoryRow(server, models.ours)));
  } finally {
    await server.close();
    await page.remove();
    await rm(scratch, { recursive: true, force: true });
  }
  // The page builder keeps handles open, so the end is said aloud.
  process.stdout.write(`${machine()}\n\n${table(rows)}\n`, () => process.exit(0));
}
