// Makes the declarations of the packed client readable by TypeScript 5.4: it knows neither `.ts` in the imports of a
// declaration (5.7) nor typed arrays that name their buffer (5.7). Runs after `tsc`, before `npm pack`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TYPED = "(?:Ui|I)nt(?:8|16|32)|Uint8Clamped|Float(?:32|64)";

/** The declarations of one file as older compilers read them. */
export function olderTypes(text) {
  return text
    .replace(/((?:from|import)\s*\(?\s*")(\.{1,2}\/[^"]+)\.ts(")/g, "$1$2.js$3")
    .replace(new RegExp(`\\b(${TYPED})Array<ArrayBuffer(?:Like)?>`, "g"), "$1Array");
}

export function rewriteTypes(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const path = join(folder, name);
    writeFileSync(path, olderTypes(readFileSync(path, "utf8")));
  }
}

if (process.argv[2]) rewriteTypes(process.argv[2]);
