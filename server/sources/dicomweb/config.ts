/** Which archives this server speaks to: an address, or a file with the option names of OHIF's data sources. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { SegmenterError } from "../../../core/errors.ts";

/** One archive. Its roots may lie on different hosts; nothing else is ever asked. */
export interface ArchiveConfig {
  readonly name: string;
  readonly friendlyName: string;
  /** QIDO-RS: search. */
  readonly qidoRoot: string;
  /** WADO-RS: images. */
  readonly wadoRoot: string;
  /** STOW-RS: where results go; none are sent without it. */
  readonly stowRoot?: string | undefined;
  /** The caller's `Authorization` goes up; it is never stored. */
  readonly passToken: boolean;
}

const Root = z.string().refine(isRoot, "expected an http or https address without user, query and fragment");

const Archive = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/),
  friendlyName: z.string().max(128).optional(),
  qidoRoot: Root,
  wadoRoot: Root,
  stowRoot: Root.optional(),
  passToken: z.boolean().default(true),
});
const File = z.strictObject({ archives: z.array(Archive).min(1).max(32) });

/** Archives from the value of `--dicomweb`: an address for all three services, or a JSON file. Throws InvalidRequest. */
export async function readArchives(value: string): Promise<ArchiveConfig[]> {
  if (/^[a-z]+:\/\//i.test(value)) return parse({ archives: [whole(value)] });
  const content = await readFile(value, "utf8").then(JSON.parse, () => undefined);
  if (content === undefined) throw refuse("expected an address or a JSON file");
  return parse(content);
}

function whole(address: string) {
  const root = address.replace(/\/+$/, "");
  return { name: "archive", friendlyName: "Archive", qidoRoot: root, wadoRoot: root, stowRoot: root };
}

function parse(content: unknown): ArchiveConfig[] {
  const { data, error } = File.safeParse(content);
  const [issue] = error?.issues ?? [];
  if (!data) throw refuse(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  const names = new Set(data.archives.map(({ name }) => name));
  if (names.size < data.archives.length) throw refuse("two archives have the same name");
  return data.archives.map(({ qidoRoot, wadoRoot, stowRoot, friendlyName, ...rest }) => ({
    ...rest,
    friendlyName: friendlyName ?? rest.name,
    qidoRoot: trimmed(qidoRoot),
    wadoRoot: trimmed(wadoRoot),
    stowRoot: stowRoot && trimmed(stowRoot),
  }));
}

const trimmed = (root: string) => root.replace(/\/+$/, "");

function isRoot(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash;
}

const refuse = (reason: string) => new SegmenterError("InvalidRequest", { reason, path: "dicomweb" });
