/** The server on Node: port, connections, start and stop. */
import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { SegmenterError } from "../core/errors.ts";
import { createApp } from "./app.ts";
import { createAuthenticate } from "./auth/identity.ts";
import type { Authenticate } from "./auth/types.ts";
import type { AppDeps, Lifecycle, OpenFile } from "./http/deps.ts";
import { answerBrokenRequests, refusal } from "./http/middleware/refused.ts";
import { staticFiles } from "./http/static.ts";
import type { Study } from "./images/types.ts";
import { createLog, type Log } from "./ops/log.ts";
import { readVersion } from "./ops/version.ts";
import { createServices, openStudy, type Services } from "./services.ts";
import { readSettings, type Settings } from "./settings.ts";
import type { Folder } from "./sources/folder/folder.ts";
import { byTenant } from "./tenants.ts";

export interface RunningServer {
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string;
  readonly services: Services;
  readonly studies: readonly Study[];
  /** Refuses new work, lets what runs end within `drainMs` of the limits, then stops. Safe to call twice. */
  close(): Promise<void>;
}

export interface StartOptions extends Partial<Settings> {
  readonly log?: Log;
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1"]);

/** Starts a server; every option that is left out comes from the environment, then from the defaults. */
export async function startServer({ log = createLog(), ...given }: StartOptions = {}): Promise<RunningServer> {
  const settings = readSettings(given);
  const authenticate = await createAuthenticate(settings);
  refuseOpenDoor(settings, authenticate !== undefined);
  const services = await createServices(settings, { processMetrics: true, log });
  try {
    return await serve(services, settings, { log, authenticate });
  } catch (thrown) {
    await services.close();
    throw thrown;
  }
}

/** Whoever reaches an address that is no loopback one could read every image. Throws InvalidRequest. */
function refuseOpenDoor({ host, insecure }: Settings, signsIn: boolean): void {
  if (LOOPBACK.has(host) || signsIn || insecure) return;
  const reason =
    "an address that others reach needs --oidc-issuer and --oidc-audience, or --keys; --insecure serves anybody, behind a proxy that signs people in";
  throw new SegmenterError("InvalidRequest", { reason, path: "host" });
}

interface Door {
  readonly log: Log;
  readonly authenticate: Authenticate | undefined;
}

async function serve(services: Services, settings: Settings, { log, authenticate }: Door): Promise<RunningServer> {
  const { limits, host, frameAncestors, hsts } = settings;
  services.images.warm();
  const folder = await openStudy(services.images, settings.study, limits);
  const stopping = { draining: false };
  const version = await readVersion();
  const deps = {
    ...services,
    ...originRules(settings),
    log,
    limits,
    version,
    folder,
    openFile,
    lifecycle: lifecycleOf(services, stopping),
    headers: { frameAncestors, hsts },
    ...pagesOf(settings),
  };
  const tenantApp = async (name: string) => {
    const own = await services.tenant(name);
    const folder = await openStudy(own.images, settings.study, limits);
    return createApp({ ...deps, ...own, folder }).fetch;
  };
  const fetch = authenticate
    ? byTenant({
        ...{ authenticate, open: tenantApp, limit: limits.tenants },
        strangers: createApp({ ...deps, refuseStrangers: true }).fetch,
      })
    : createApp(deps).fetch;
  const server = createHttpServer(fetch, settings);
  const inFlight = countInFlight(server);
  await listen(server, settings);
  const degraded = await services.degraded();
  if (degraded.length > 0) log.warn({ degraded }, "serving, with less than it should have");
  log.info({ device: services.pool.device, models: services.models.list().map(({ id }) => id) }, "listening");
  const stop = async (): Promise<void> => {
    stopping.draining = true;
    await inFlight.none(limits.drainMs);
    server.close();
    server.closeAllConnections();
    await services.close({ graceMs: 1000 });
    log.info("stopped");
  };
  let stopped: Promise<void> | undefined;
  return { url: urlOf(server, host), services, studies: openOf(folder), close: () => (stopped ??= stop()) };
}

/** The viewer, where it is built, and the examples, where they are asked for. Throws InvalidRequest. */
function pagesOf({ clientDir, examples, examplesDir }: Settings): Pick<AppDeps, "findStatic"> {
  if (examples && !existsSync(examplesDir))
    throw new SegmenterError("InvalidRequest", {
      reason: "the examples are not built; `npm start -- --examples` builds them",
      path: "examples",
    });
  const viewer = existsSync(clientDir) ? staticFiles(clientDir) : undefined;
  const found = examples ? staticFiles(examplesDir, "/examples/") : undefined;
  return viewer || found ? { findStatic: (path) => found?.(path) ?? viewer?.(path) } : {};
}

/** What is open from the start. */
const openOf = (folder: Folder): Study[] =>
  folder.list().flatMap(({ imageId, name }) => (imageId === undefined ? [] : [{ imageId, name }]));

/** On a loopback address only local names are answered (DNS rebinding), unless names were given. */
function originRules({ corsOrigins, corsCredentials, corsHeaders, allowedHosts, host }: Settings) {
  const hosts = allowedHosts ?? (LOOPBACK.has(host) ? ["127.0.0.1", "localhost", "[::1]"] : undefined);
  return { corsOrigins, corsCredentials, corsHeaders, ...(hosts ? { allowedHosts: hosts } : {}) };
}

function lifecycleOf({ models }: Services, stopping: { readonly draining: boolean }): Lifecycle {
  return {
    draining: () => stopping.draining,
    unready: () => [
      ...(stopping.draining ? ["ShuttingDown"] : []),
      ...(models.list().length === 0 ? ["NoModel", ...models.refused().map(({ error }) => error.code)] : []),
    ],
  };
}

function createHttpServer(fetch: (request: Request) => Response | Promise<Response>, settings: Settings): Server {
  const { limits, frameAncestors, hsts } = settings;
  const headers = { frameAncestors, hsts };
  const listener = getRequestListener(fetch, { errorHandler: () => refusal(400, headers) }); // what is no URL at all never reaches the app
  const timeouts = {
    headersTimeout: limits.headersMs,
    requestTimeout: Math.max(limits.uploadMs, limits.requestMs),
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false, // the listener misses it too, and answers with our headers
  };
  const server = createServer(timeouts, listener);
  server.maxRequestsPerSocket = limits.socketRequests;
  server.maxConnections = limits.connections;
  answerBrokenRequests(server, headers);
  return server;
}

function countInFlight(server: Server): { none(ms: number): Promise<void> } {
  let count = 0;
  let idle = (): void => {};
  server.on("request", (_request, response) => {
    count++;
    response.once("close", () => {
      if (--count === 0) idle();
    });
  });
  return {
    none: (ms) =>
      new Promise((resolve) => {
        if (count === 0) return resolve();
        const timer = setTimeout(resolve, ms);
        idle = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}

function listen(server: Server, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Streams a part of a file of this machine. */
export const openFile: OpenFile = (path, { start, end }) =>
  Readable.toWeb(createReadStream(path, { start, end })) as ReadableStream<Uint8Array>; // Node's own type for the same stream
