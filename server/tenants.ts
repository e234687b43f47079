/** One app for each tenant: over its own library, caches and jobs, on the models and processes of all. */
import { SegmenterError } from "../core/errors.ts";
import type { Authenticate } from "./auth/types.ts";
import { problemOf } from "./http/problem.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

export interface TenantOptions {
  readonly authenticate: Authenticate;
  /** The app of a tenant; asked for once. */
  readonly open: (tenant: string) => Promise<Fetch>;
  /** The app of those who have not shown who they are. */
  readonly strangers: Fetch;
  /** Tenants that one server serves. */
  readonly limit: number;
}

/**
 * Sends each request to the app of its tenant. What belongs to another tenant is not refused there, it does not exist: the
 * answer and its time are those of an id that was never given.
 */
export function byTenant({ authenticate, open, strangers, limit }: TenantOptions): Fetch {
  const apps = new Map<string, Promise<Fetch>>();
  const appOf = (tenant: string): Promise<Fetch> => {
    const known = apps.get(tenant);
    if (known) return known;
    if (apps.size >= limit) throw new SegmenterError("Saturated", { retryAfterS: 60 });
    const opened = open(tenant);
    apps.set(tenant, opened);
    opened.catch(() => apps.delete(tenant));
    return opened;
  };
  return async (request) => {
    const identity = await authenticate(request.headers.get("authorization") ?? undefined);
    if (!identity) return strangers(request);
    try {
      return await (await appOf(identity.tenant))(request);
    } catch (thrown) {
      return problemOf(thrown, crypto.randomUUID());
    }
  };
}
