/** Every path that is no route of the interface: files of the built viewer, and of the examples. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../app-env.ts";
import type { FindStatic, OpenFile } from "../deps.ts";
import { immutable } from "./immutable.ts";

/** Built pages. Hashed names are cached for ever, the page itself is asked for each time. */
export function viewerRoutes(findStatic: FindStatic, openFile: OpenFile): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.get("/*", (c) => {
    const file = findStatic(c.req.path);
    if (!file) return findStatic(`${c.req.path}/`) ? c.redirect(`${c.req.path}/`, 308) : c.notFound();
    const read = (range: { start: number; end: number }) => openFile(file.path, range);
    const answer = immutable(c, { etag: file.etag, type: file.type, size: file.bytes, read, scope: "public" });
    if (!file.immutable) answer.headers.set("Cache-Control", "no-cache");
    return answer;
  });
  return app;
}
