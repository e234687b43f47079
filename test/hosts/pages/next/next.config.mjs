import { fileURLToPath } from "node:url";

/** A page of files. The root is said because packages of this repository lie above the page. */
export default {
  output: "export",
  turbopack: { root: fileURLToPath(new URL("../../../..", import.meta.url)) },
};
