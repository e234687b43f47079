/** Puts the service worker of a static build before the page. */

/** Reloading for isolation is tried once a tab: a browser that cannot would reload for ever. */
const TRIED = "promptomy-isolated";

/**
 * Registers the worker; the first visit is loaded again once it stands before the page, so that WASM gets its threads.
 * Where there are no service workers (plain http on another machine) the page works with one thread and a network.
 */
export async function goOffline(): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  const registration = await serviceWorker
    .register(new URL("service-worker.js", document.baseURI))
    .catch(() => undefined);
  if (!registration || crossOriginIsolated || sessionStorage.getItem(TRIED)) return;
  await serviceWorker.ready;
  sessionStorage.setItem(TRIED, "yes");
  location.reload();
}
