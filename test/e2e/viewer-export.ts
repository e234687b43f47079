/** Exports as their user makes them: through the dialog, as a download. */
import { readFile } from "node:fs/promises";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";

export interface SavedExport {
  readonly name: string;
  /** What is in the download, by name; a single file stands alone. */
  readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/** Opens the dialog, chooses a format, and saves. `prepare` may choose more in between. */
export async function saveExport(
  page: Page,
  format: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<SavedExport> {
  const { name, bytes } = await downloadExport(page, format, prepare);
  if (!name.endsWith(".zip")) return { name, files: { [name]: bytes } };
  const files = Object.entries(unzipSync(bytes)).map(([entry, content]) => [entry, new Uint8Array(content)]);
  return { name, files: Object.fromEntries(files) };
}

/** The download as it is, an archive too. */
export async function downloadExport(
  page: Page,
  format: string,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
  await page.getByRole("button", { name: "Export", exact: true }).click();
  await page.getByRole("radio", { name: format }).check();
  await prepare(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save", exact: true }).click(),
  ]);
  return {
    name: download.suggestedFilename(),
    bytes: new Uint8Array(await readFile(await download.path())),
  };
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
