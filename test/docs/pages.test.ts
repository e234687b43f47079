/** What the pages for people point at: links, files, commands and their options. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../support/data.ts";

const FILES = execFileSync("git", ["ls-files"], { cwd: repositoryRoot, encoding: "utf8" }).trim().split("\n");
const PAGES = FILES.filter((path) => path.endsWith(".md"));
const read = (path: string) => readFileSync(join(repositoryRoot, path), "utf8");
const proseOf = (page: string) => read(page).replaceAll(/^```[\s\S]*?^```/gm, "");

/** As GitHub names the place of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
    .trim()
    .replaceAll(" ", "-");
const anchorsOf = (page: string) => [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => anchorOf(title));

test.each(PAGES)("every link of %s leads to a file, and to a heading that it has", (page) => {
  for (const [, link = ""] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^\w+:/.test(link)) continue;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : normalize(join(dirname(page), path));
    expect(existsSync(join(repositoryRoot, target)), link).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor);
  }
});

/** Of builds, of the packed client, and of other projects. */
const NOT_OURS = /^(?:dist|node_modules|segment_anything|model)\//;

test.each(PAGES)("every file that %s names is in the repository", (page) => {
  const named = [...read(page).matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:[mc]?[jt]sx?|json|md|py|html|css|vue))`/g)];
  for (const [, path = ""] of named)
    if (!NOT_OURS.test(path)) expect(FILES.some((file) => `/${file}`.endsWith(`/${path}`)) && path).toBe(path);
});

const SCRIPTS: Record<string, string> = JSON.parse(read("package.json")).scripts;
/** What `promptomy COMMAND --help` says, once each. */
const HELP = new Map<string, string>();
function helpOf(command: string): string {
  const known = HELP.get(command);
  if (known !== undefined) return known;
  const args = ["--import", "tsx", "server/cli.ts", ...command.split(" "), "--help"];
  const help = execFileSync(process.execPath, args, { cwd: repositoryRoot, encoding: "utf8" });
  HELP.set(command, help);
  return help;
}

test.each(PAGES)("every script, command and option that %s shows is there", (page) => {
  for (const [, script = ""] of read(page).matchAll(/npm run ([\w:]+)/g)) expect(SCRIPTS).toHaveProperty([script]);
  const lines = read(page).matchAll(/(?:^|`|npx )promptomy ((?:models )?[a-z]\w*)([^\n`|]*)/gm);
  for (const [line, command = "", rest = ""] of lines) {
    expect(helpOf(command), line).toContain(`USAGE promptomy ${command}`);
    for (const [, option = ""] of rest.matchAll(/ --([a-z][\w-]*)/g))
      expect(helpOf(command), line).toMatch(new RegExp(`--${option}[=\\s,]`));
  }
});
