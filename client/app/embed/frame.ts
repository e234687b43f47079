/**
 * The frame's end of the protocol of `core/wire/frame.ts`. Who may speak is said once, by the header that lets the page be
 * framed at all: `frame-ancestors` of this page's own Content-Security-Policy. Without that header nobody may.
 */
import { isSegmenterError, toError } from "../../../core/errors.ts";
import { FRAME_NAMESPACE, FRAME_VERSION, FrameHello, FrameRequest } from "../../../core/wire/index.ts";
import type { FrameAnswers, FrameEvents, FrameStatus } from "../../frame/protocol.ts";
import type { Hosted } from "./hosted.ts";

/** Origins that a policy names one by one; patterns are not taken. */
export function ancestorsIn(policy: string | null, self: string): ReadonlySet<string> {
  const list = policy?.split(";").find((directive) => directive.trim().startsWith("frame-ancestors ")) ?? "";
  const named = list.split(/\s+/).filter((word) => /^https?:\/\/[^*/]+$/.test(word));
  return new Set(list.includes("'self'") ? [...named, self] : named);
}

const allowedHere = async (): Promise<ReadonlySet<string>> => {
  const { headers } = await fetch(location.pathname, { method: "HEAD", cache: "no-store" });
  return ancestorsIn(headers.get("Content-Security-Policy"), location.origin);
};

/** Answers the page around this one, when it may ask. Everything else is passed over in silence, and counted. */
export function listenToHost(hosted: Hosted): void {
  let ignored = 0;
  let latest: string | undefined;
  let end = () => {};
  const allowed = allowedHere().catch(() => new Set<string>());
  const ignore = () => {
    ignored++;
  };
  addEventListener("message", async ({ source, origin, data }) => {
    const hello = source === parent ? FrameHello.safeParse(data) : undefined;
    if (!hello?.success || !(await allowed).has(origin)) return ignore();
    const { id, payload } = hello.data;
    if (payload.nonce === latest) return; // asked again before the answer came
    latest = payload.nonce;
    end();
    const { port1, port2 } = new MessageChannel();
    end = serve(port1, hosted, { ignore, ignored: () => ignored });
    parent.postMessage({ ...envelope(id, "welcome"), payload }, { targetOrigin: origin, transfer: [port2] });
  });
}

const envelope = (id: string, type: string) => ({ ns: FRAME_NAMESPACE, v: FRAME_VERSION, id, type });

interface Counter {
  ignore(): void;
  ignored(): number;
}

/** Gives the end of it. */
function serve(port: MessagePort, hosted: Hosted, counter: Counter): () => void {
  const tell = <T extends keyof FrameEvents>(type: T, payload: FrameEvents[T]) =>
    port.postMessage({ ...envelope("event", type), payload });
  port.onmessage = async ({ data }) => {
    const request = FrameRequest.safeParse(data);
    if (!request.success) return counter.ignore();
    const { id } = request.data;
    try {
      port.postMessage({ ...envelope(id, "done"), payload: await answer(hosted, request.data, counter) });
    } catch (thrown) {
      const error = toError(thrown);
      const code = isSegmenterError(error) ? error.code : error.name;
      const detail = isSegmenterError(error) ? error.detail : {};
      port.postMessage({ ...envelope(id, "error"), payload: { code, message: error.message, detail } });
    }
  };
  const stops = [
    hosted.onMask((mask) => tell("maskChanged", mask)),
    hosted.onSaved((saved) => {
      tell("saved", saved);
      return false;
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    port.close();
  };
}

async function answer(
  hosted: Hosted,
  request: FrameRequest,
  { ignored }: Counter,
): Promise<FrameAnswers[keyof FrameAnswers]> {
  switch (request.type) {
    case "load":
      return hosted.open(request.payload);
    case "loadFiles":
      return hosted.open({ files: request.payload.files.filter((file) => file instanceof File) });
    case "loadStudy": {
      const { study, series } = request.payload;
      return hosted.open({ study, ...(series && { series }) });
    }
    case "setPrompt":
      return hosted.prompt(request.payload.prompts, request.payload.at);
    case "getMask": {
      const { format } = request.payload;
      return format === "rle" ? { masks: hosted.masks() } : { files: await hosted.files(format) };
    }
    case "getStatus": {
      const image = hosted.image();
      return { version: FRAME_VERSION, ignored: ignored(), ...(image && { image }) } satisfies FrameStatus;
    }
    default:
      request satisfies never;
      throw new TypeError("Unknown request.");
  }
}
