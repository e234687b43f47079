/** The list of the examples: what each says of itself in its first line, its page, and its code. */
const sources = import.meta.glob<string>("./*/main.ts", { query: "?raw", import: "default", eager: true });

const list = document.querySelector("ul");
for (const [path, source] of Object.entries(sources)) {
  const name = path.split("/")[1] ?? "";
  const link = element("a", name);
  link.href = `./${name}/`;
  const code = element("details", "");
  code.append(element("summary", "Code"), element("pre", source.slice(source.indexOf("\n") + 1)));
  const item = element("li", "");
  item.append(link, element("p", /^\/\*\* (.*) \*\/$/m.exec(source)?.[1] ?? ""), code);
  list?.append(item);
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, text: string): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), { textContent: text });
}
