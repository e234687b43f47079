/** What the browser keeps and sends of a study that is full of names. */
import { expect, test } from "vitest";
import { CANARY, canaryDicom } from "../support/canary.ts";
import { viewerStage } from "./viewer-stage.ts";
import { keptPrompts, named, openFile } from "./viewer-work.ts";

const stage = viewerStage();
const NAME = "as-its-owner-calls-it.dcm";

/** All that this origin has stored, as one text for each place. */
function stored(): Promise<Record<string, string>> {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const readAll = async (name: string): Promise<string> => {
    const database = await done(indexedDB.open(name));
    const stores = [...database.objectStoreNames];
    const read = (store: string) => done(database.transaction(store).objectStore(store).getAll());
    const contents = await Promise.all(stores.map(read));
    database.close();
    return JSON.stringify(contents);
  };
  const cached = async (): Promise<string> => {
    const opened = await Promise.all((await caches.keys()).map((key) => caches.open(key)));
    const requests = await Promise.all(opened.map((cache) => cache.keys()));
    return JSON.stringify(requests.flat().map(({ url }) => url));
  };
  return (async () => ({
    database: (await Promise.all((await indexedDB.databases()).map(({ name = "" }) => readAll(name)))).join(),
    session: JSON.stringify(sessionStorage),
    local: JSON.stringify(localStorage),
    caches: await cached(),
    address: location.href,
  }))();
}

test("S-8: no text of a header is stored or in an address; a file's name is in the list of work alone", async () => {
  const { page } = stage.viewer;
  const addresses: string[] = [];
  const said: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  page.on("console", (message) => said.push(message.text()));
  await openFile(page, { name: NAME, mimeType: "application/dicom", buffer: Buffer.from(canaryDicom()) });
  await named(page, NAME);
  await stage.viewer.ready();
  await stage.viewer.click(16, 16);
  await expect.poll(() => keptPrompts(page)).toBe(1);

  const places = await page.evaluate(stored);
  expect(places.database).toContain(NAME);
  for (const text of [...Object.values(places), ...addresses, ...said]) expect(text).not.toContain(CANARY);
  for (const text of [places.local, places.caches, places.address, ...addresses, ...said])
    expect(text).not.toContain(NAME);
});
