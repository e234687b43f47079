import { startServer } from "../node.ts";
import { createLog, loggable } from "../ops/log.ts";
import { SHARED } from "./args.ts";
import { command, commandSettings } from "./command.ts";

export const serve = command({
  name: "serve",
  description: "Serve the viewer and the API",
  args: {
    study: { type: "positional", description: "A file or folder to open; the built-in phantom when left out" },
    dicomweb: { type: "string", description: "Address of an archive, or a JSON file of archives", valueHint: "url" },
    host: { type: "string", description: "Address to listen on (127.0.0.1)", valueHint: "address" },
    port: { type: "string", description: "Port to listen on (8080), 0 for any", valueHint: "port" },
    ...SHARED,
  },
  async run({ given, result, note }) {
    const settings = commandSettings(given);
    const [study] = given.positionals;
    const dicomweb = given.value("dicomweb");
    const level = process.env.PROMPTOMY_LOG_LEVEL ?? (given.flag("quiet") || process.stderr.isTTY ? "warn" : "info");
    const log = createLog({ level });
    process.on("uncaughtException", (error) => {
      log.fatal({ error: loggable(error) }, "stopped by a mistake of ours"); // the default handler would print the message
      process.exit(1);
    });
    const server = await startServer({
      ...settings,
      ...(study === undefined ? {} : { study }),
      ...(dicomweb === undefined ? {} : { dicomweb }),
      log,
    });
    const { pool, models } = server.services;
    result({ url: server.url, device: pool.device }, `Promptomy: ${server.url}`);
    note(`Slices are encoded on ${pool.device}. Research use only, not for diagnosis.`);
    if (models.list().length === 0) note("No usable model was found; see `promptomy doctor`.");
    await untilSignal();
    await server.close();
  },
});

/** The first signal lets what runs end; the second stops at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
      resolve();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
}
