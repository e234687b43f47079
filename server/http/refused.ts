/** Answers to what is no request: Node refuses it before the app sees it, and our headers and problem body go with that too. */
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { errorCode } from "../disk/durable.ts";
import type { HeaderOptions } from "./deps.ts";
import { securityHeaderList } from "./middleware/headers.ts";
import { type HttpProblemStatus, httpProblem } from "./problem.ts";

/** What Node's parser and timers say, as a status; whatever else they refuse is a bad request. */
const STATUS: Readonly<Record<string, HttpProblemStatus>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** The problem with every header that an answer carries. */
export function refusal(status: HttpProblemStatus, options: HeaderOptions): Response {
  const problem = httpProblem(status, crypto.randomUUID());
  for (const [name, value] of securityHeaderList(options)) problem.headers.set(name, value);
  problem.headers.set("Connection", "close");
  return problem;
}

/** Writes a refusal to each connection whose request Node does not accept, and closes it. */
export function answerBrokenRequests(server: Server, options: HeaderOptions): void {
  server.on("clientError", async (error, socket) => {
    if (!socket.writable || errorCode(error) === "ECONNRESET") return socket.destroy();
    const response = refusal(STATUS[errorCode(error)] ?? 400, options);
    await write(socket, response);
  });
}

async function write(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const names: Record<string, string> = {
    Date: new Date().toUTCString(),
    ...Object.fromEntries(response.headers),
    "Content-Length": String(body.byteLength),
  };
  const lines = Object.entries(names).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${response.status} ${REASONS[response.status] ?? ""}\r\n${lines.join("")}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head, "latin1"), body]));
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};
