import { startWorker } from "../cluster/worker.ts";
import { createLog } from "../ops/log.ts";
import { createServices } from "../services.ts";
import { SHARED, UsageError } from "./args.ts";
import { command, commandSettings } from "./command.ts";
import { untilSignal } from "./serve.ts";

export const work = command({
  name: "work",
  description: "Encode slices and walk volumes for the servers of a queue",
  args: SHARED,
  async run({ given, result, note }) {
    const { queue: url, ...settings } = commandSettings(given);
    if (url === undefined) throw new UsageError("A worker needs --queue redis://host:port.");
    const log = createLog({ level: process.env.PROMPTOMY_LOG_LEVEL ?? "warn" });
    const services = await createServices({ redis: url, ...settings }, { log });
    const { slots } = services.pool.stats().encode;
    const worker = await startWorker({ url, encodes: slots, tenant: services.tenant });
    result({ device: services.pool.device, encodes: slots }, `Promptomy works on ${services.pool.device}.`);
    note("Research use only, not for diagnosis.");
    await untilSignal();
    await worker.close();
    await services.close({ graceMs: settings.limits.drainMs });
  },
});
