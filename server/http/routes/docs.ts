/** `GET /openapi.json` and `/docs`: the interface described by the same schemas that check the requests. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { html } from "hono/html";
import type { AppEnv } from "../app-env.ts";

import type { Json } from "../openapi.ts";

type Node = { readonly [key: string]: Json };

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { overflow: auto; padding: .75rem; background: color-mix(in srgb, currentColor 7%, transparent); border-radius: .4rem; }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .4rem 0; }
summary { cursor: pointer; } .method { display: inline-block; width: 3.5rem; font-weight: 600; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; }`;

/** The document itself, and a page made from it that needs no script and no other host. */
export function docsRoutes(document: () => Node): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.get("/openapi.json", (c) => {
    c.header("Cache-Control", "no-cache");
    return c.json(document());
  });
  app.get("/docs.css", (c) => c.body(STYLE, 200, { "Content-Type": "text/css; charset=utf-8" }));
  app.get("/docs", (c) => {
    c.header("Cache-Control", "no-cache");
    return c.html(page(document()));
  });
  return app;
}

const nodeOf = (value: Json | undefined): Node =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Node) : {}; // Array.isArray does not narrow readonly arrays
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");

function page(document: Node) {
  const info = nodeOf(document.info);
  const paths = Object.entries(nodeOf(document.paths));
  const schemas = Object.entries(nodeOf(nodeOf(document.components).schemas));
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${textOf(info.title)} API</title><link rel="stylesheet" href="/docs.css"></head>
<body>
<h1>${textOf(info.title)} API, version ${textOf(info.version)}</h1>
<p>${textOf(info.description)}</p>
<p>The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
${listOf(document.tags).map((tag) => section(nodeOf(tag), paths))}
<h2>Shapes</h2>
${schemas.map(([name, schema]) => html`<details id="${name}"><summary><code>${name}</code></summary>${schemaText(schema)}</details>`)}
</body></html>`;
}

function section(tag: Node, paths: readonly [string, Json][]) {
  const operations = paths.flatMap(([path, item]) =>
    Object.entries(nodeOf(item)).map(([method, operation]) => ({ path, method, operation: nodeOf(operation) })),
  );
  const own = operations.filter(({ operation }) => listOf(operation.tags).includes(textOf(tag.name)));
  return html`<h2>${textOf(tag.name)}</h2><p>${textOf(tag.description)}</p>${own.map(operationOf)}`;
}

function operationOf({ path, method, operation }: { path: string; method: string; operation: Node }) {
  const body = Object.entries(nodeOf(nodeOf(operation.requestBody).content));
  return html`<details><summary><span class="method">${method.toUpperCase()}</span> <code>${path}</code> — ${textOf(operation.summary)}</summary>
<p>${textOf(operation.description)}</p>
${listOf(operation.parameters).length > 0 ? html`<h4>Parameters</h4><table>${listOf(operation.parameters).map(parameterRow)}</table>` : ""}
${body.map(([type, content]) => html`<h4>Body: <code>${type}</code></h4>${schemaText(nodeOf(content).schema)}`)}
<h4>Answers</h4><table>${Object.entries(nodeOf(operation.responses)).map(answerRow)}</table></details>`;
}

function parameterRow(parameter: Json) {
  const { name, in: place, description } = nodeOf(parameter);
  return html`<tr><td><code>${textOf(name)}</code></td><td>${textOf(place)}</td><td>${textOf(description)}</td></tr>`;
}

function answerRow([status, answer]: [string, Json]) {
  const { description, content } = nodeOf(answer);
  const shapes = Object.entries(nodeOf(content)).map(([type, media]) => {
    const name = textOf(nodeOf(nodeOf(media).schema).$ref)
      .split("/")
      .at(-1);
    return name ? html`<a href="#${name}">${name}</a> ` : html`<code>${type}</code> `;
  });
  return html`<tr><td>${status}</td><td>${textOf(description)}</td><td>${shapes}</td></tr>`;
}

const schemaText = (schema: Json | undefined) => html`<pre>${JSON.stringify(schema ?? {}, null, 2)}</pre>`;
