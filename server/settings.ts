/** What a server is started with: arguments, then the environment, then defaults. */
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SegmenterError } from "../core/errors.ts";
import type { Device } from "./inference/device.ts";
import { type Limits, limitsFromEnvironment } from "./ops/limits.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a server is started with; each has a `PROMPTOMY_*` variable of the same name. */
export interface Settings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A file or folder to open; the built-in phantom when left out. */
  readonly study?: string;
  /** Archives that speak DICOMweb: an address, or a JSON file. */
  readonly dicomweb?: string;
  readonly device: Device;
  /** Default model; the first found when left out. */
  readonly model?: string;
  readonly cacheDir: string;
  /** Images, on a folder that all replicas see; in the cache when left out. */
  readonly imageDir?: string;
  /** `redis://host:port/number`: what replicas share. */
  readonly redis?: string;
  /** `redis://host:port/number`: where workers take jobs from. */
  readonly queue?: string;
  /** `https://host/bucket/prefix`: embeddings in a bucket instead of Redis. */
  readonly s3?: string;
  /** Folders with a manifest, or with such folders inside. */
  readonly modelDirs: readonly string[];
  /** The built viewer. */
  readonly clientDir: string;
  /** The built examples, served where `examples` is set. */
  readonly examplesDir: string;
  readonly examples?: boolean;
  /** Names of structures that text prompts may use. */
  readonly vocabularyFile: string;
  /** Manifests of models that can be fetched. */
  readonly catalogDir: string;
  readonly corsOrigins: readonly string[];
  /** Pages of `corsOrigins` may send cookies and other credentials. */
  readonly corsCredentials: boolean;
  /** Request headers that they may send beside our own. */
  readonly corsHeaders: readonly string[];
  readonly frameAncestors: readonly string[];
  /** Host names to answer to; decided by `host` when left out. */
  readonly allowedHosts?: readonly string[];
  readonly hsts: boolean;
  /** OpenID Connect: who gives tokens, for whom, and the claim that names the tenant (`sub`). */
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  readonly oidcTenantClaim?: string;
  /** An engine elsewhere that runs the encoder: `oip://host:port/model`, or the address of another Promptomy. */
  readonly encoder?: string;
  /** API key or token for it. */
  readonly encoderKey?: string;
  /** Folder of a text encoder, which ranks the names that an unknown phrase may mean. */
  readonly textEncoder?: string;
  /** A JSON file of API keys by digest. */
  readonly keysFile?: string;
  /** Serves anybody who can reach the address. */
  readonly insecure?: boolean;
  readonly limits: Limits;
}

const DEVICES: readonly Device[] = ["auto", "cpu", "cuda", "webgpu"];

/** The folder of package.json, from the source and from the build. */
const root = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../" : "../../", import.meta.url));

/** Settings from defaults, then the environment, then `given`. Throws InvalidRequest naming the variable. */
export function readSettings(given: Partial<Settings> = {}, env: Environment = process.env): Settings {
  const cacheDir = given.cacheDir ?? env.PROMPTOMY_CACHE_DIR ?? defaultCacheDir(env);
  const ownModels = [join(root, "models", "default"), join(cacheDir, "models")];
  const hosts = env.PROMPTOMY_ALLOWED_HOSTS;
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    host: env.PROMPTOMY_HOST ?? "127.0.0.1",
    port: portOf(env.PROMPTOMY_PORT ?? "8080"),
    device: deviceOf(env.PROMPTOMY_DEVICE ?? "auto"),
    modelDirs: [...listOf(env.PROMPTOMY_MODEL_DIRS, delimiter), ...ownModels],
    clientDir: join(root, "dist", "app"),
    examplesDir: join(root, "dist", "examples"),
    vocabularyFile: join(root, "models", "vocabulary.json"),
    catalogDir: join(root, "models", "catalog"),
    corsOrigins: listOf(env.PROMPTOMY_CORS_ORIGINS, ",").map(originOf),
    corsCredentials: env.PROMPTOMY_CORS_CREDENTIALS === "1",
    corsHeaders: listOf(env.PROMPTOMY_CORS_HEADERS, ",").map(headerNameOf),
    frameAncestors: listOf(env.PROMPTOMY_FRAME_ANCESTORS, ",").map(originOf),
    hsts: env.PROMPTOMY_HSTS === "1",
    limits: limitsFromEnvironment(env),
    ...(env.PROMPTOMY_STUDY ? { study: env.PROMPTOMY_STUDY } : {}),
    ...(env.PROMPTOMY_DICOMWEB ? { dicomweb: env.PROMPTOMY_DICOMWEB } : {}),
    ...(env.PROMPTOMY_MODEL ? { model: env.PROMPTOMY_MODEL } : {}),
    ...(env.PROMPTOMY_IMAGE_DIR ? { imageDir: env.PROMPTOMY_IMAGE_DIR } : {}),
    ...(env.PROMPTOMY_REDIS ? { redis: env.PROMPTOMY_REDIS } : {}),
    ...(env.PROMPTOMY_QUEUE ? { queue: env.PROMPTOMY_QUEUE } : {}),
    ...(env.PROMPTOMY_OIDC_ISSUER ? { oidcIssuer: env.PROMPTOMY_OIDC_ISSUER } : {}),
    ...(env.PROMPTOMY_OIDC_AUDIENCE ? { oidcAudience: env.PROMPTOMY_OIDC_AUDIENCE } : {}),
    ...(env.PROMPTOMY_OIDC_TENANT_CLAIM ? { oidcTenantClaim: env.PROMPTOMY_OIDC_TENANT_CLAIM } : {}),
    ...(env.PROMPTOMY_KEYS ? { keysFile: env.PROMPTOMY_KEYS } : {}),
    ...(env.PROMPTOMY_INSECURE === "1" ? { insecure: true } : {}),
    ...(env.PROMPTOMY_EXAMPLES === "1" ? { examples: true } : {}),
    ...(env.PROMPTOMY_ENCODER ? { encoder: env.PROMPTOMY_ENCODER } : {}),
    ...(env.PROMPTOMY_ENCODER_KEY ? { encoderKey: env.PROMPTOMY_ENCODER_KEY } : {}),
    ...(env.PROMPTOMY_TEXT_ENCODER ? { textEncoder: env.PROMPTOMY_TEXT_ENCODER } : {}),
    ...(env.PROMPTOMY_S3 ? { s3: env.PROMPTOMY_S3 } : {}),
    ...(hosts === undefined ? {} : { allowedHosts: listOf(hosts, ",") }),
    ...defined,
    cacheDir,
  };
}

const refuse = (path: string, reason: string) => new SegmenterError("InvalidRequest", { reason, path });

/** An origin as browsers say it, `https://viewer.example.org`. Throws InvalidRequest: anything else would allow nobody. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash)
    throw refuse("origin", `expected scheme, host and port, as https://viewer.example.org, got ${text}`);
  return url.origin;
}

/** The name of a header. Throws InvalidRequest. */
export function headerNameOf(text: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(text)) throw refuse("header", "expected a header name");
  return text;
}

/** A TCP port. Throws InvalidRequest. */
export function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw refuse("port", "expected 0 to 65535");
  return port;
}

/** A device name. Throws InvalidRequest. */
export function deviceOf(text: string): Device {
  const found = DEVICES.find((device) => device === text);
  if (!found) throw refuse("device", `expected one of ${DEVICES.join(", ")}`);
  return found;
}

/** Items between separators, without blanks. */
export function listOf(text: string | undefined, separator: string): string[] {
  return (text ?? "")
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function defaultCacheDir(env: Environment): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "promptomy");
}
