// Builds `ohif-extension-promptomy` into client/ohif/dist: extension and mode as ES modules and as UMD, and the decoder's
// worker beside them. Prints the size of each script and the hash by which OHIF 3.14 admits it from another origin.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./install.mjs";

const source = join(root, "client", "ohif");
export const ohifExtension = join(source, "dist");

/** OHIF looks for a global by the name of the package. */
const SCRIPTS = [
  { entry: "index.ts", format: "es", file: "index.js" },
  { entry: "mode.ts", format: "es", file: "mode.js" },
  { entry: "extension.ts", format: "umd", file: "index.umd.js", global: "ohif-extension-promptomy" },
  { entry: "mode.ts", format: "umd", file: "mode.umd.js", global: "ohif-mode-promptomy" },
];

/** The default worker of the client is never started here, `worker.js` is; and a script without modules knows its address only while it runs. */
const addresses = (format) => ({
  name: "addresses",
  transform: (code) => {
    const bare = code.replace(/new URL\("\.\/decode\/decoder\.worker\.js", import\.meta\.url\)/, '"worker.js"');
    return format === "umd" ? bare.replaceAll("import.meta.url", "promptomyScript") : bare;
  },
});
/** OHIF has a server or nothing: what makes masks without one is left out. */
const withServer = {
  name: "with-server",
  load: (id) =>
    /client\/local\/local-api\.ts$/.test(id) ? "export const createLocalApi = () => Promise.reject();" : null,
};

const INTRO = "const promptomyScript = document.currentScript?.src ?? location.href;";

async function bundle({ entry, format, file, global }) {
  await build({
    ...{ root: source, configFile: false, logLevel: "error", publicDir: false },
    plugins: [addresses(format), withServer],
    build: {
      ...{ outDir: ohifExtension, emptyOutDir: false, target: "es2023", minify: true },
      lib: { entry: join(source, entry), formats: [format], fileName: () => file, name: global ?? "unused" },
      rolldownOptions: {
        output: { minify: true, exports: format === "umd" ? "default" : "named", intro: format === "umd" ? INTRO : "" },
      },
    },
  });
}

/** Size in bytes, as sent, and `sha384-…` of each script. */
export const scripts = () =>
  readdirSync(ohifExtension)
    .filter((name) => name.endsWith(".js"))
    .map((name) => {
      const bytes = readFileSync(join(ohifExtension, name));
      const integrity = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
      return { name, bytes: bytes.length, gzip: gzipSync(bytes).length, integrity };
    });

export async function buildOhifExtension() {
  rmSync(ohifExtension, { recursive: true, force: true });
  for (const script of SCRIPTS) await bundle(script);
  await build({
    ...{ configFile: join(root, "client/app/element/vite.config.ts"), mode: "worker", logLevel: "error" },
    build: { outDir: ohifExtension },
  });
}

if (process.argv[1] === import.meta.filename) {
  await buildOhifExtension();
  for (const { name, bytes, gzip, integrity } of scripts())
    console.log(`${name}\t${bytes}\t${gzip} gzip\t${integrity}`);
}
