/** OIDC access tokens (RFC 9068), checked by jose: pinned algorithms, issuer, audience and times. */
import type { JWTPayload } from "jose";
import { SegmenterError } from "../../core/errors.ts";
import { optional } from "../stores/connection.ts";
import type { Identity } from "./types.ts";

export interface VerifierOptions {
  /** Exactly as in `iss`; its `/.well-known/openid-configuration` names the keys. */
  readonly issuer: string;
  readonly audience: string | undefined;
  /** The claim that names the tenant: `sub` when left out, so that nobody sees anybody else's data. */
  readonly tenantClaim?: string | undefined;
}

/** Asymmetric ones alone: a public key can then never be taken for a shared secret. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** Clocks may differ by so much (F-14). */
const LEEWAY_S = 60;
const DISCOVERY_MS = 10_000;
/** Only id tokens carry these (OpenID Connect Core 2, 3.3.2.11): they say who signed in, not what a program may do. */
const OF_ID_TOKENS = ["nonce", "at_hash", "c_hash"];

/** Checks tokens of one issuer. Throws InvalidRequest when the issuer cannot be asked or no audience is given. */
export async function createVerifier(
  options: VerifierOptions,
): Promise<(token: string) => Promise<Identity | undefined>> {
  const { issuer, audience, tenantClaim = "sub" } = options;
  if (!audience)
    throw refuse("oidc-audience", "--oidc-issuer needs --oidc-audience: tokens for others are no tokens for us");
  const { createRemoteJWKSet, jwtVerify } = await optional("jose", () => import("jose"));
  const keys = createRemoteJWKSet(await keysOf(issuer));
  const rules = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    clockTolerance: LEEWAY_S,
    requiredClaims: ["exp", "iss", "aud"],
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, rules);
      if (OF_ID_TOKENS.some((claim) => claim in payload)) return undefined;
      return identityOf(payload, tenantClaim);
    } catch {
      return undefined; // why is the caller's issuer's to say: an answer that tells helps to forge
    }
  };
}

function identityOf(payload: JWTPayload, claim: string): Identity | undefined {
  const tenant = payload[claim];
  return typeof tenant === "string" && tenant !== "" && tenant.length <= 256 ? { tenant } : undefined;
}

/** OpenID Connect Discovery 1.0, section 4. */
async function keysOf(issuer: string): Promise<URL> {
  const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  if (!URL.canParse(address)) throw refuse("oidc-issuer", "expected an address");
  const found = await fetch(address, { signal: AbortSignal.timeout(DISCOVERY_MS), redirect: "error" })
    .then(async (answer) => (await answer.json()) as Record<string, unknown>) // each field is checked below
    .catch((cause) => Promise.reject(refuse("oidc-issuer", "the issuer cannot be asked for its keys", cause)));
  const { jwks_uri: uri, issuer: named } = found;
  if (named !== issuer || typeof uri !== "string" || !URL.canParse(uri))
    throw refuse("oidc-issuer", "the issuer names another issuer, or no keys");
  return new URL(uri);
}

const refuse = (path: string, reason: string, cause?: unknown) =>
  new SegmenterError("InvalidRequest", { reason, path }, { cause });
