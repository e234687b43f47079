/** Module workers from any address. */

/**
 * A worker whose script lies at `url`. A browser starts none from another origin (HTML, "run a worker": the URL must be
 * same-origin), but a script of this page may import one that its host allows by CORS.
 */
export function startWorker(url: URL): Worker {
  if (url.origin === globalThis.location?.origin) return new Worker(url, { type: "module" });
  const text = `import ${JSON.stringify(url.href)};`;
  const blob = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(blob, { type: "module" });
  // Revoked before its script is there, it would start nothing.
  const done = () => URL.revokeObjectURL(blob);
  for (const event of ["message", "error"]) worker.addEventListener(event, done, { once: true });
  return worker;
}
