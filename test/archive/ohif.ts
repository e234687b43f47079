/** Stock OHIF, served with an archive behind it: the page of npm's package and a configuration, nothing of ours. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Page } from "playwright-core";
import { repositoryRoot } from "../support/data.ts";
import type { Served } from "../support/serve.ts";

/** What OHIF puts on `window`, as far as it is asked here. */
declare const window: {
  services: {
    segmentationService: {
      getSegmentations(): {
        segments: Record<string, { label: string }>;
        representationData: { Labelmap: { imageIds: string[] } };
      }[];
    };
  };
  cornerstone: {
    cache: {
      getImage(id: string): { referencedImageId: string; voxelManager: { getScalarData(): ArrayLike<number> } };
    };
  };
};

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

/** As a user does it: away with the tour, twice on the SEG, and yes, it shall be loaded. */
export async function openSeg(page: Page, slices: number): Promise<void> {
  await page.getByText("Skip all").click({ timeout: 90_000 });
  await page.getByText("Promptomy segmentati").first().dblclick();
  await page.getByRole("button", { name: /yes/i }).first().click({ timeout: 60_000 });
  await page.waitForFunction((count) => {
    const [first] = window.services.segmentationService.getSegmentations();
    return first?.representationData.Labelmap.imageIds.length === count;
  }, slices);
  await page.waitForTimeout(2000); // the screenshot shows the painted slice
}

/** Labels of the segments, and the numbers of every slice in the order of these instances. */
export async function voxelsIn(
  page: Page,
  instances: readonly string[],
): Promise<{ labels: string[]; slices: number[][] }> {
  const { labels, found } = await page.evaluate(() => {
    const [first] = window.services.segmentationService.getSegmentations();
    const images = first!.representationData.Labelmap.imageIds.map((id) => window.cornerstone.cache.getImage(id));
    const found = images.map(({ referencedImageId, voxelManager }) => ({
      of: referencedImageId,
      data: Array.from(voxelManager.getScalarData()),
    }));
    return { labels: Object.values(first!.segments).map(({ label }) => label), found };
  });
  const slices = instances.map((instance) => {
    const [one, ...more] = found.filter(({ of }) => of.includes(`/instances/${instance}/`));
    return more.reduce((sum, { data }) => sum.map((value, n) => value + data[n]!), one?.data ?? []);
  });
  return { labels, slices };
}
