import { startServer } from "../node.ts";
import { createLog, loggable } from "../ops/log.ts";
import { headerNameOf, listOf, originOf, type Settings } from "../settings.ts";
import { AUTH, type Given, SHARED } from "./args.ts";
import { command, commandSettings } from "./command.ts";

export const serve = command({
  name: "serve",
  description: "Serve the viewer and the API",
  args: {
    study: { type: "positional", description: "A file or folder to open; the built-in phantom when left out" },
    dicomweb: { type: "string", description: "Address of an archive, or a JSON file of archives", valueHint: "url" },
    host: { type: "string", description: "Address to listen on (127.0.0.1)", valueHint: "address" },
    port: { type: "string", description: "Port to listen on (8080), 0 for any", valueHint: "port" },
    ...AUTH,
    cors: { type: "string", description: "Origins whose pages may call, with commas", valueHint: "origins" },
    "cors-credentials": { type: "boolean", description: "They may send cookies" },
    "cors-headers": { type: "string", description: "Headers that they may send beside ours", valueHint: "names" },
    "frame-ancestors": { type: "string", description: "Origins whose pages may show the viewer", valueHint: "origins" },
    examples: { type: "boolean", description: "Serve the examples too, at /examples/" },
    ...SHARED,
  },
  async run({ given, result, note }) {
    const settings = commandSettings(given);
    const [study] = given.positionals;
    const dicomweb = given.value("dicomweb");
    const embedding = embeddingOf(given);
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
      ...embedding,
      ...(given.flag("examples") && { examples: true }),
      log,
    });
    const { pool, models } = server.services;
    result({ url: server.url, device: pool.device }, `Promptomy: ${server.url}`);
    note(`Slices are encoded on ${pool.device}. Research use only, not for diagnosis.`);
    if (given.flag("examples")) note(`Examples: ${server.url}/examples/`);
    for (const line of embeddingLines({ ...settings, ...embedding })) note(line);
    if (models.list().length === 0) note("No usable model was found; see `promptomy doctor`.");
    await untilSignal();
    await server.close();
  },
});

type Embedding = Pick<Settings, "corsOrigins" | "corsCredentials" | "corsHeaders" | "frameAncestors">;

/** What the flags say of other people's pages; the environment says the rest. */
function embeddingOf(given: Given): Partial<Embedding> {
  const list = (name: string) => (given.value(name) === undefined ? undefined : listOf(given.value(name), ","));
  const [origins, headers, ancestors] = [list("cors"), list("cors-headers"), list("frame-ancestors")];
  return {
    ...(origins && { corsOrigins: origins.map(originOf) }),
    ...(headers && { corsHeaders: headers.map(headerNameOf) }),
    ...(ancestors && { frameAncestors: ancestors.map(originOf) }),
    ...(given.flag("cors-credentials") && { corsCredentials: true }),
  };
}

/** Who may use this server from another page; nothing where nobody may. */
function embeddingLines({ corsOrigins, corsCredentials, corsHeaders, frameAncestors }: Embedding): string[] {
  const headers = corsHeaders.length > 0 ? `, with the headers ${corsHeaders.join(", ")}` : "";
  return [
    ...(corsOrigins.length > 0
      ? [`Pages of ${corsOrigins.join(", ")} may call${corsCredentials ? " with cookies" : ""}${headers}.`]
      : []),
    ...(frameAncestors.length > 0 ? [`Pages of ${frameAncestors.join(", ")} may show the viewer.`] : []),
  ];
}

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
