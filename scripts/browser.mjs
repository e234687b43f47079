// The browser of the browser tests and of the benchmark: one that is installed, else one that needs neither root nor a
// question, else Debian's. Uses Node alone. Vitest calls `setup` before the tests of test/e2e, if any of them run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fetchBrowser, fetchedBrowser } from "./fetch-browser.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge-stable"];

function places() {
  const { PATH = "", ProgramFiles = "", "ProgramFiles(x86)": ProgramFiles86 = "" } = process.env;
  if (process.platform === "win32") {
    return [ProgramFiles, ProgramFiles86].flatMap((folder) => [
      join(folder, "Google/Chrome/Application/chrome.exe"),
      join(folder, "Microsoft/Edge/Application/msedge.exe"),
    ]);
  }
  if (process.platform === "darwin") {
    return ["Google Chrome", "Chromium", "Microsoft Edge"].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  return [...PATH.split(delimiter), "/usr/bin"].flatMap((folder) => NAMES.map((name) => join(folder, name)));
}

/** On Linux a file of the right name may be a stub that asks to install something, or may lack its libraries. */
function starts(path) {
  if (!existsSync(path)) return false;
  return process.platform !== "linux" || spawnSync(path, ["--version"], { timeout: 30_000 }).status === 0;
}

/** `CHROMIUM_PATH`, else the usual places, else the one fetched earlier; `undefined` when there is none. */
export function findBrowser() {
  return process.env.CHROMIUM_PATH || [...places(), fetchedBrowser].find(starts);
}

function installDebian() {
  if (process.getuid?.() !== 0) throw new Error("Debian's package needs root");
  console.error("Installing Debian's Chromium …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "chromium"]]) {
    const { status, error } = spawnSync("apt-get", ["-qq", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error(`apt-get ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
  }
  return "/usr/bin/chromium";
}

/** The path of a browser that starts, found or fetched. */
export function getBrowser() {
  const found = findBrowser();
  if (found) return found;
  const failures = [];
  for (const get of [fetchBrowser, installDebian]) {
    try {
      const path = get();
      if (starts(path)) return path;
      failures.push(`${path} does not start`);
    } catch ({ message }) {
      failures.push(message);
    }
  }
  throw new Error(
    `The browser tests need a Chromium and none could be had (${failures.join("; ")}). Install Chromium, Chrome or Edge, ` +
      "or set CHROMIUM_PATH to one. `npm test -- --project unit` runs all the other tests.",
  );
}

/** Before the first file: the browser, and a folder for pages that are built once (`test/support/built.ts`). */
export function setup(project) {
  const pages = mkdtempSync(join(tmpdir(), "pages-"));
  const clear = () => rmSync(pages, { recursive: true, force: true });
  process.env.PROMPTOMY_BUILT_PAGES = pages;
  project.onTestsRerun(clear);
  try {
    process.env.CHROMIUM_PATH = getBrowser(); // the tests' processes inherit it
  } catch ({ message }) {
    console.error(message);
    process.exit(1); // thrown, it would stand below "No test files found" and above a stack of Vitest's own calls
  }
  return clear;
}
