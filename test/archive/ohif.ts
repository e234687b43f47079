/** Stock OHIF, served with an archive behind it: the page of npm's package and a configuration, nothing of ours. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { repositoryRoot } from "../support/data.ts";
import type { Served } from "../support/serve.ts";

/** Where `scripts/ohif.mjs` puts it. */
const ohifPage = join(repositoryRoot, ".cache", "ohif-3.13.2", "package", "dist");

/** For suites: skipped with a sentence where the page is not there. */
export const needsOhif = existsSync(join(ohifPage, "index.html"))
  ? {}
  : { skip: true, meta: { needs: "OHIF (npm run test:peers fetches it)" } };

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

const ARCHIVE = "/dicom-web";

const CONFIG = {
  routerBasename: "/",
  extensions: [],
  modes: [],
  customizationService: {},
  investigationalUseDialog: { option: "never" },
  showStudyList: true,
  showCPUFallbackMessage: false,
  showWarningMessageForCrossOrigin: false,
  maxNumberOfWebWorkers: 1,
  defaultDataSourceName: "dicomweb",
  dataSources: [
    {
      namespace: "@ohif/extension-default.dataSourcesModule.dicomweb",
      sourceName: "dicomweb",
      configuration: {
        ...{ friendlyName: "Orthanc", name: "orthanc", qidoRoot: ARCHIVE, wadoRoot: ARCHIVE, wadoUriRoot: ARCHIVE },
        ...{ imageRendering: "wadors", thumbnailRendering: "wadors", enableStudyLazyLoad: true },
        ...{ supportsFuzzyMatching: false, supportsWildcard: true, qidoSupportsIncludeField: false },
        bulkDataURI: { enabled: true },
      },
    },
  ],
};

/** What a site adds to a stock OHIF. */
export interface OhifSite {
  /** Folders by the first part of their path. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Lines of `app-config.js`, and code around them; read with each request. */
  config: Readonly<Record<string, unknown>>;
  before?: string;
  after?: string;
}

/** `archive` is the root of DICOMweb services at the path `/dicom-web`. */
export async function serveOhif(archive: string, site: OhifSite = { config: {} }): Promise<Served> {
  const { hostname, port } = new URL(archive);
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? "/", "http://localhost");
    if (pathname.startsWith(ARCHIVE)) return pass(req, res, { hostname, port });
    return void file(pathname, res, site);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function pass(req: IncomingMessage, res: ServerResponse, to: { hostname: string; port: string }): void {
  const { method, headers, url: path } = req;
  const asked = request({ ...to, path, method, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  asked.on("error", () => res.destroy());
  req.pipe(asked);
}

/** Addresses of its own router are the page. */
async function file(pathname: string, res: ServerResponse, site: OhifSite): Promise<void> {
  const send = (type: string, body: string | Uint8Array) => res.writeHead(200, { "Content-Type": type }).end(body);
  const { folders = {}, config, before = "", after = "" } = site;
  if (pathname === "/app-config.js")
    return void send(
      "text/javascript",
      `${before}\nwindow.config = ${JSON.stringify({ ...CONFIG, ...config })};\n${after}`,
    );
  const [, first = "", ...rest] = pathname.split("/");
  const path = folders[first] === undefined ? join(ohifPage, pathname) : join(folders[first], ...rest);
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes) return void send(TYPES[extname(pathname)] ?? "application/octet-stream", bytes);
  send("text/html", await readFile(join(ohifPage, "index.html")));
}
