/** Pictures of what a test sees, for people who want to look: `PROMPTOMY_SCREENSHOTS` names the folder, without it nothing is done. */
import { join } from "node:path";

interface Photographed {
  screenshot(options: { path: string }): Promise<unknown>;
}

export async function takeScreenshot(page: Photographed, name: string): Promise<void> {
  const dir = process.env.PROMPTOMY_SCREENSHOTS;
  if (dir) await page.screenshot({ path: join(dir, `${name}.png`) });
}
