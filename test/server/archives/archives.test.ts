import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ImageInfo } from "../../../core/wire/index.ts";
import { DEFAULT_LIMITS } from "../../../server/ops/limits.ts";
import { createArchives } from "../../../server/sources/dicomweb/archives.ts";
import { readArchives } from "../../../server/sources/dicomweb/config.ts";
import { createHarness, type Harness, post, SETUP_MS } from "../harness.ts";
import { ctSlice, type Fault, MULTIPART, multipart, SERIES, STUDY, startArchive, type TestArchive } from "./archive.ts";

const SLICES = 12;
const BOMB = gzipSync(Buffer.alloc(50_000_000));
const LIMITS = {
  ...DEFAULT_LIMITS,
  archiveConnectMs: 500,
  archiveFirstByteMs: 300,
  archiveRequestMs: 700,
  archiveJsonBytes: 100_000,
  uploadBytes: 2_000_000,
};

let archive: TestArchive;
let harness: Harness;
const files = Array.from({ length: SLICES }, (_, n) => ctSlice(n, { name: "CANARY^PATIENT" }));

beforeAll(async () => {
  archive = await startArchive(files);
  const configs = await readArchives(archive.root);
  harness = await createHarness({ limits: LIMITS, deps: { archives: createArchives(configs, LIMITS) } });
}, SETUP_MS);
afterAll(async () => {
  await harness.close();
  await archive.close();
});
/** The breaker remembers failures: each test meets an archive with a clean record. */
let clean: ReturnType<typeof createArchives> | undefined;
afterEach(() => {
  archive.fault = undefined;
  archive.requests.length = 0;
  clean?.close();
});

const open = (init: RequestInit = post({ dicomweb: { study: STUDY, series: SERIES } })) =>
  harness.request("/v1/images", init);

/** A service whose breaker has seen nothing, asked for the series into a folder. */
async function retrieve(limits: Partial<typeof LIMITS> = {}, call: { signal?: AbortSignal } = {}): Promise<string[]> {
  clean = createArchives(await readArchives(archive.root), { ...LIMITS, ...limits });
  const dir = join(harness.dir, crypto.randomUUID());
  await mkdir(dir);
  return clean.retrieve({ study: STUDY, series: SERIES, dir, ...call });
}

const isInstance = (url: URL) => /\/instances\/[\d.]+$/.test(url.pathname);
const onInstances =
  (fault: Fault): Fault =>
  (request, response, url) =>
    isInstance(url) && fault(request, response, url);

describe("a series of an archive", () => {
  test("is the same image as its files sent as an upload, whatever order the archive lists them in", async () => {
    const form = new FormData();
    for (const { bytes } of files) form.append("file", new Blob([bytes]));
    const uploaded = ImageInfo.parse(
      await (await harness.request("/v1/images", { method: "POST", body: form })).json(),
    );
    const first = await open();
    expect(first.status).toBe(200);
    expect(await first.json()).toEqual(uploaded);
    archive.files.reverse();
    expect(ImageInfo.parse(await (await open()).json()).imageId).toBe(uploaded.imageId);
    archive.files.reverse();
    expect(uploaded.size).toEqual([16, 16, SLICES]);
    const asked = archive.requests.filter(({ url }) => /instances\/[\d.]+$/.test(url));
    expect(asked[0]?.headers.accept).toContain("transfer-syntax=*");
  });

  test("tells its progress as events, and then the image", async () => {
    const request = post({ dicomweb: { study: STUDY, series: SERIES } });
    const response = await open({ ...request, headers: { ...request.headers, Accept: "text/event-stream" } });
    const text = await response.text();
    expect(text).toContain(`{"done":0,"total":${SLICES}}`);
    expect(text).toContain(`{"done":${SLICES},"total":${SLICES}}`);
    expect(text).toMatch(/event: image\ndata: \{"imageId":"sha256:/);
  });

  test("is asked for again instance by instance when one fails, and none of it is lost", async () => {
    const failures = new Map<string, number>();
    archive.fault = onInstances((_request, response, url) => {
      const count = failures.get(url.pathname) ?? 0;
      failures.set(url.pathname, count + 1);
      if (count > 0 || failures.size > 3) return false;
      if (failures.size === 1) response.writeHead(503).end();
      else if (failures.size === 2) response.destroy();
      else {
        response.writeHead(200, { "Content-Type": MULTIPART });
        response.write(multipart(files[0]!.bytes).subarray(0, 500));
        setTimeout(() => response.destroy(), 20);
      }
      return true;
    });
    const paths = await retrieve();
    for (const [n, path] of paths.entries()) expect(await readFile(path)).toEqual(Buffer.from(files[n]!.bytes));
    expect(failures.size).toBe(SLICES);
  });

  test("is refused as a whole when one instance cannot be had", async () => {
    archive.fault = onInstances((_request, response, url) => {
      if (!url.pathname.endsWith(".5")) return false;
      response.writeHead(404).end();
      return true;
    });
    await expect(retrieve()).rejects.toMatchObject({ code: "ArchiveFailed", detail: { status: 404 } });
  });

  test("that is not there is an answer of its own", async () => {
    const missing = await open(post({ dicomweb: { study: STUDY, series: "1.2.3" } }));
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: "NotInArchive" });
  });

  test(
    "of somebody else is found out and not kept",
    async () => {
      const other = await startArchive(files, { study: "1.2.3", series: "1.2.3.4" });
      const lying = createArchives(await readArchives(other.root), LIMITS);
      const misled = await createHarness({ limits: LIMITS, deps: { archives: lying } });
      const answer = await misled.request("/v1/images", post({ dicomweb: { study: "1.2.3", series: "1.2.3.4" } }));
      expect(answer.status).toBe(502);
      expect((await readdir(join(misled.dir, "cache", "images"))).filter((name) => name.endsWith(".vol"))).toEqual([]);
      await misled.close();
      await other.close();
    },
    SETUP_MS,
  );
});

describe("F-12: an archive that is ill", () => {
  const cases: [string, Fault, { code: string; detail?: object }][] = [
    ["hangs before its headers", () => true, { code: "ArchiveTimeout", detail: { what: "the first byte" } }],
    [
      "sends a byte now and then",
      (_request, response) => {
        response.writeHead(200, { "Content-Type": MULTIPART });
        const timer = setInterval(() => response.write("x"), 50);
        response.on("close", () => clearInterval(timer));
        return true;
      },
      { code: "ArchiveTimeout", detail: { what: "the answer" } },
    ],
    [
      "answers 500",
      (_request, response) => {
        response.writeHead(500).end("CANARY");
        return true;
      },
      { code: "ArchiveFailed", detail: { status: 500 } },
    ],
    [
      "answers 401",
      (_request, response) => {
        response.writeHead(401).end();
        return true;
      },
      { code: "ArchiveDenied", detail: { status: 401 } },
    ],
    [
      "names another boundary than it uses",
      (_request, response) => {
        response.writeHead(200, { "Content-Type": 'multipart/related; type="application/dicom"; boundary=other' });
        response.end(multipart(files[0]!.bytes));
        return true;
      },
      { code: "ArchiveFailed", detail: { reason: "its multipart answer is broken" } },
    ],
    [
      "shows a sign-in page with 200",
      (_request, response) => {
        response.writeHead(200, { "Content-Type": "text/html" }).end("<form>CANARY");
        return true;
      },
      { code: "ArchiveFailed", detail: { reason: "it answers with a web page, perhaps a sign-in" } },
    ],
    [
      "sends a gzip bomb",
      (_request, response) => {
        response.writeHead(200, { "Content-Type": MULTIPART, "Content-Encoding": "gzip" });
        response.end(BOMB);
        return true;
      },
      { code: "ArchiveFailed", detail: { reason: "its answer is compressed, which was not asked for" } },
    ],
    [
      "sends more bytes than fit",
      (_request, response) => {
        response.writeHead(200, { "Content-Type": "application/dicom" }).end(Buffer.alloc(3_000_000));
        return true;
      },
      { code: "TooLarge" },
    ],
    [
      "redirects to an address of its own",
      (_request, response) => {
        response.writeHead(302, { Location: `${archive.root}/elsewhere` }).end();
        return true;
      },
      { code: "ArchiveFailed", detail: { status: 302 } },
    ],
  ];
  test.each(cases)("%s: an error that says so", async (_name, fault, expected) => {
    archive.fault = onInstances(fault);
    await expect(retrieve()).rejects.toMatchObject({ code: expected.code, detail: expected.detail ?? {} });
    expect(archive.requests.some(({ url }) => url.includes("elsewhere"))).toBe(false);
  });

  test("is left alone after several failures, and answers at once that it is", async () => {
    archive.fault = (_request, response) => {
      response.writeHead(500).end();
      return true;
    };
    clean = createArchives(await readArchives(archive.root), LIMITS);
    for (let n = 0; n < 8; n++) await clean.studies({ limit: 1, offset: 0 }).catch(() => {});
    const asked = archive.requests.length;
    await expect(clean.studies({ limit: 1, offset: 0 })).rejects.toMatchObject({ code: "ArchiveFailed" });
    expect(archive.requests.length).toBe(asked);
  });

  test("and one that refuses connections is an error of the archive, without its address", async () => {
    const nobody = createArchives(await readArchives("http://127.0.0.1:9/dicom-web"), LIMITS);
    await expect(nobody.studies({ limit: 1, offset: 0 })).rejects.toMatchObject({
      code: "ArchiveFailed",
      detail: { status: 0, reason: "it refuses the connection" },
    });
  });

  test("a wrong root is no empty archive: a missing list of studies is told from one without any", async () => {
    archive.fault = (_request, response, url) => {
      if (!url.pathname.endsWith("/studies")) return false;
      response.writeHead(404).end();
      return true;
    };
    clean = createArchives(await readArchives(archive.root), LIMITS);
    await expect(clean.studies({ limit: 1, offset: 0 })).rejects.toMatchObject({
      code: "ArchiveFailed",
      detail: { status: 404, reason: "there are no studies at this address" },
    });
  });

  test("search answers that are no DICOM JSON, or too long, are refused", async () => {
    for (const [type, body] of [
      ["text/html", "<html>"],
      ["application/dicom+json", "{"],
      ["application/dicom+json", "[1,2]"],
      ["application/dicom+json", `[${"0,".repeat(60_000)}0]`],
    ] as const) {
      archive.fault = (_request, response) => {
        response.writeHead(200, { "Content-Type": type }).end(body);
        return true;
      };
      clean = createArchives(await readArchives(archive.root), LIMITS);
      await expect(clean.studies({ limit: 1, offset: 0 })).rejects.toMatchObject({ code: "ArchiveFailed" });
    }
  });

  test("a caller who leaves stops what is under way", async () => {
    archive.fault = onInstances(() => true);
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 50);
    await expect(
      retrieve({ archiveFirstByteMs: 60_000, archiveRequestMs: 60_000 }, { signal: leaving.signal }),
    ).rejects.toMatchObject({
      code: "Cancelled",
    });
  });
});

test("S-8: nothing that identifies is logged or counted", async () => {
  await open();
  archive.fault = onInstances((_request, response) => {
    response.writeHead(500).end("CANARY");
    return true;
  });
  await open();
  const metrics = await (await harness.request("/metrics")).text();
  for (const text of [harness.log.join(""), metrics]) {
    for (const secret of ["CANARY", STUDY, archive.root, "secret"]) expect(text).not.toContain(secret);
  }
});
