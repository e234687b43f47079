import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../server/ops/limits.ts";
import { type Archives, createArchives } from "../../../server/sources/dicomweb/archives.ts";
import { readArchives } from "../../../server/sources/dicomweb/config.ts";
import { ctSlice, STUDY, startArchive, type TestArchive } from "./archive.ts";

let archive: TestArchive;
let archives: Archives;
let sent: Buffer;

beforeAll(async () => {
  archive = await startArchive([]);
});
afterEach(() => archives.close());
afterAll(() => archive.close());

const results = [ctSlice(0), ctSlice(1)];
const item = (uid: string, reason?: number) => ({
  "00081155": { vr: "UI", Value: [uid] },
  ...(reason === undefined ? {} : { "00081197": { vr: "US", Value: [reason] } }),
});

/** An archive that answers a store so. */
async function answering(status: number, body: object | string, type = "application/dicom+json"): Promise<void> {
  archive.requests.length = 0;
  archive.fault = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      sent = Buffer.concat(chunks);
      response.writeHead(status, { "Content-Type": type });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
    return true;
  };
  archives = createArchives(await readArchives(archive.root), DEFAULT_LIMITS);
}

const store = () =>
  archives.store({ study: STUDY, instances: results.map(({ uid, bytes }) => ({ instance: uid, bytes })) });

describe("results that are sent to an archive", () => {
  test("arrive as they are, in one request to their study", async () => {
    await answering(200, { "00081199": { vr: "SQ", Value: results.map(({ uid }) => item(uid)) } });
    expect(await store()).toEqual({
      stored: 2,
      instances: results.map(({ uid }) => ({ instance: uid, stored: true })),
    });
    expect(archive.requests).toHaveLength(1);
    expect(archive.requests[0]).toMatchObject({ method: "POST", url: `/dicom-web/studies/${STUDY}` });
    for (const { bytes } of results) expect(sent.includes(Buffer.from(bytes))).toBe(true);
  });

  test("have an outcome each, with the archive's reason", async () => {
    const [first, second] = results.map(({ uid }) => uid);
    const body = {
      "00081199": { vr: "SQ", Value: [item(first!)] },
      "00081198": { vr: "SQ", Value: [item(second!, 0xa700)] },
    };
    await answering(202, body);
    expect(await store()).toEqual({
      stored: 1,
      instances: [
        { instance: first, stored: true },
        { instance: second, stored: false, reason: 0xa700 },
      ],
    });
    await answering(409, { "00081198": { vr: "SQ", Value: results.map(({ uid }) => item(uid, 272)) } });
    expect(await store()).toMatchObject({ stored: 0, instances: [{ stored: false, reason: 272 }, { stored: false }] });
  });

  test("that an archive does not mention are not stored", async () => {
    await answering(200, {});
    expect(await store()).toMatchObject({ stored: 0 });
  });

  test.each([
    [401, "", "text/plain", "ArchiveDenied"],
    [415, "", "text/plain", "ArchiveFailed"],
    [503, "", "text/plain", "ArchiveFailed"],
    [200, "<html>", "text/html", "ArchiveFailed"],
  ])("%s with %j is an error, and nothing is sent twice", async (status, body, type, code) => {
    await answering(status, body, type);
    await expect(store()).rejects.toMatchObject({ code });
    expect(archive.requests).toHaveLength(1);
  });

  test("go nowhere without a `stowRoot`", async () => {
    const [config] = await readArchives(archive.root);
    archives = createArchives([{ ...config!, stowRoot: undefined }], DEFAULT_LIMITS);
    archive.requests.length = 0;
    expect(archives.list()).toMatchObject([{ canStore: false }]);
    await expect(store()).rejects.toMatchObject({ code: "ArchiveFailed" });
    expect(archive.requests).toEqual([]);
  });
});
