/** What `docs/embedding.md` tells people to write beyond their viewer's own first page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../support/data.ts";

const sections = readFileSync(join(repositoryRoot, "docs/embedding.md"), "utf8").split(/^## /m);

/** Lines of the first piece of code of a section that do something; imports are none. */
function linesOf(title: string): string[] {
  const section = sections.find((one) => one.startsWith(title)) ?? "";
  const [, code = ""] = /```(?:ts|html)\n(.*?)```/s.exec(section) ?? [];
  return code.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("import "));
}

test.each(["Our viewer as an element", "Our viewer in a frame", "Cornerstone3D", "NiiVue", "OpenSeadragon"])(
  "%s takes five lines or fewer",
  (title) => {
    const lines = linesOf(title);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(5);
  },
);
