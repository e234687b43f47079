/** Debian's Orthanc with its DICOMweb plug-in, in a folder of its own on loopback; and real files with the UIDs that it wants. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../formats/bytes/limits.ts";
import { openDicom } from "../../formats/read/dicom/file.ts";
import { concat, element } from "../formats/dicom-writer.ts";
import { dataPath } from "../support/data.ts";

const PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

export const hasOrthanc = existsSync(PLUGIN) && spawnSync("Orthanc", ["--version"]).status === 0;

/** For suites: skipped with a sentence where Orthanc is not installed. */
export const needsOrthanc = hasOrthanc
  ? {}
  : { skip: true, meta: { needs: "Orthanc (apt-get install orthanc orthanc-dicomweb)" } };

export interface Orthanc {
  /** Root of its DICOMweb services. */
  readonly root: string;
  /** Takes a file in through its own API. */
  upload(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export async function startOrthanc(): Promise<Orthanc> {
  const dir = await mkdtemp(join(tmpdir(), "orthanc-"));
  const [http, dicom] = [await freePort(), await freePort()];
  const settings = {
    Name: "TEST",
    StorageDirectory: join(dir, "storage"),
    IndexDirectory: join(dir, "storage"),
    HttpPort: http,
    DicomPort: dicom,
    DicomServerEnabled: false,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    Plugins: [PLUGIN],
    DicomWeb: { Enable: true, Root: "/dicom-web/" },
  };
  await writeFile(join(dir, "orthanc.json"), JSON.stringify(settings));
  const child = spawn("Orthanc", [join(dir, "orthanc.json")], { stdio: "ignore" });
  const url = `http://127.0.0.1:${http}`;
  await untilUp(url, child);
  return {
    root: `${url}/dicom-web`,
    async upload(bytes) {
      const response = await fetch(`${url}/instances`, { method: "POST", body: new Uint8Array(bytes) });
      if (!response.ok) throw new Error(`Orthanc refuses the file: ${response.status}.`);
      await response.arrayBuffer();
    },
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function untilUp(url: string, child: ChildProcess): Promise<void> {
  for (let n = 0; n < 300; n++) {
    if (child.exitCode !== null) throw new Error(`Orthanc ended with ${child.exitCode}.`);
    const isUp = await fetch(`${url}/system`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Orthanc does not start.");
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The real abdominal CT of the data folder: 20 slices of 512², JPEG 2000. */
export const CT_SLICES = "tests/ct_dicom_j2k/series";

/** Puts that series into the archive; its instances are `series.1`, `series.2` and so on. */
export async function uploadCt(orthanc: Orthanc, { study, series }: { study: string; series: string }): Promise<void> {
  const dir = dataPath(CT_SLICES) ?? "";
  for (const [n, name] of readdirSync(dir).sort().entries()) {
    const bytes = new Uint8Array(readFileSync(join(dir, name)));
    await orthanc.upload(withUids(bytes, { study, series, instance: `${series}.${n + 1}` }));
  }
}

const CT = "1.2.840.10008.5.1.4.1.1.2";
const UIDS = [
  [0x0008_0016, "sopClass"],
  [0x0008_0018, "instance"],
  [0x0020_000d, "study"],
  [0x0020_000e, "series"],
] as const;

/** The same file with these UIDs, each in its place by tag; what the file says itself stays. Explicit little-endian only. */
export function withUids(bytes: Uint8Array, uids: { study: string; series: string; instance: string }): Uint8Array {
  const { dataSet } = openDicom(bytes, DEFAULT_LIMITS);
  const missing = UIDS.filter(([tag]) => (dataSet.elements.get(tag)?.length ?? 0) === 0);
  return withValues(
    bytes,
    missing.map(([tag, name]) => [tag, "UI", name === "sopClass" ? CT : uids[name]]),
  );
}

const LONG = ["OB", "OW", "SQ", "UN", "UT"];

/** The same file with these values, in place of its own. Explicit little-endian only. */
export function withValues(
  bytes: Uint8Array,
  values: readonly (readonly [tag: number, vr: string, value: string])[],
): Uint8Array {
  return values.reduce((out, [tag, vr, value]) => {
    const { elements } = openDicom(out, DEFAULT_LIMITS).dataSet;
    const own = elements.get(tag);
    const next = [...elements].find(([other]) => other > tag)?.[1];
    if (!next) throw new Error("Nothing follows the element.");
    const at = own ? own.start - 8 : next.start - (LONG.includes(next.vr) ? 12 : 8);
    const after = own ? own.start + own.length : at;
    return concat(out.subarray(0, at), element(tag, vr, value), out.subarray(after));
  }, bytes);
}
