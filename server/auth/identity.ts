/** Who asks: an OIDC access token or an API key, and the tenant whose data it may see. */
import { readKeys } from "./keys.ts";
import { createVerifier } from "./tokens.ts";
import type { Authenticate } from "./types.ts";

/** The settings of this room. */
export interface AuthSettings {
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  readonly oidcTenantClaim?: string;
  readonly keysFile?: string;
}

const BEARER = /^Bearer ([\w.~+/=-]{1,16384})$/i;

/** What the settings ask for; `undefined` when they ask for nothing. Throws InvalidRequest for half a configuration. */
export async function createAuthenticate(settings: AuthSettings): Promise<Authenticate | undefined> {
  const { oidcIssuer, oidcAudience, oidcTenantClaim, keysFile } = settings;
  const keys = keysFile === undefined ? undefined : await readKeys(keysFile);
  const verify =
    oidcIssuer === undefined
      ? undefined
      : await createVerifier({ issuer: oidcIssuer, audience: oidcAudience, tenantClaim: oidcTenantClaim });
  if (!keys && !verify) return undefined;
  return async (authorization) => {
    const token = BEARER.exec(authorization ?? "")?.[1];
    if (token === undefined) return undefined;
    return keys?.(token) ?? verify?.(token);
  };
}
