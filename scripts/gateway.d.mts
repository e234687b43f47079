/** Text of `deploy/nginx.conf` for a folder of its own, an address to listen on and the addresses of replicas. */
export function gatewayConfig(places: {
  readonly dir: string;
  readonly listen: string;
  /** `host:port`. */
  readonly replicas: readonly string[];
}): string;
