// The gateway's configuration, filled as the container image of nginx fills it: `${NAME}` by name.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Text of `deploy/nginx.conf` for a folder of its own, an address to listen on and the addresses of replicas. */
export function gatewayConfig({ dir, listen, replicas }) {
  const places = { DIR: dir, LISTEN: listen, REPLICAS: replicas.map((host) => `server ${host};`).join(" ") };
  const template = readFileSync(join(root, "deploy/nginx.conf"), "utf8");
  return template.replaceAll(/\$\{([A-Z]+)\}/g, (_, name) => places[name]);
}
