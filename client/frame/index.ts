/** The viewer in a frame, from the page around it: a handshake, and then a channel that nobody else hears. */
import type { Plane } from "../../core/image/volume.ts";
import type { Prompt } from "../../core/wire/index.ts";
import type {
  FrameAnswers,
  FrameEvents,
  FrameFile,
  FrameImage,
  FrameMask,
  FrameStatus,
  FrameTarget,
} from "./protocol.ts";

export type {
  FrameEvents,
  FrameFile,
  FrameImage,
  FrameMask,
  FramePlace,
  FrameSaved,
  FrameStatus,
  FrameTarget,
} from "./protocol.ts";
export type { Plane, Prompt };

export interface FrameOptions {
  /** Of the viewer; that of the frame's `src` when left out. */
  readonly origin?: string;
  readonly signal?: AbortSignal;
  /** How long the frame may take to answer the first time. Default 30 s. */
  readonly timeoutMs?: number;
}

/** Why the frame did not do it: `code` is one of `ErrorCode`, `FrameUnreachable`, or `FrameClosed`. */
export class FrameError extends Error {
  readonly code: string;
  readonly detail: unknown;

  constructor(code: string, message: string, detail: unknown = {}) {
    super(message);
    this.name = "FrameError";
    this.code = code;
    this.detail = detail;
  }
}

export interface Frame {
  /** Opens an image that the server has, files of this page, or a series of the server's archive; resolves when it is open. */
  load(target: FrameTarget): Promise<FrameImage>;
  /** Gives prompts to the selected segment, on the slice shown or on `at`. Resolves with the mask. */
  prompt(prompts: readonly Prompt[], at?: { readonly plane: Plane; readonly slice: number }): Promise<FrameMask>;
  /** Every mask that is there. */
  masks(): Promise<readonly FrameMask[]>;
  /** The segmentation as files, in a format of the export dialog: `nifti`, `dicom-seg`, … */
  files(format: string): Promise<readonly FrameFile[]>;
  status(): Promise<FrameStatus>;
  /** Gives a function that stops it. */
  on<T extends keyof FrameEvents>(type: T, listener: (event: FrameEvents[T]) => void): () => void;
  /** Ends the connection; what waits rejects with FrameClosed. */
  close(): void;
}

const NAMESPACE = "promptomy";
const VERSION = 1;
/** The frame may not listen yet when the first greeting comes. */
const AGAIN_MS = 200;

/**
 * Connects to a viewer in a frame, whose server must allow this page's origin (`--frame-ancestors`). Rejects with
 * FrameUnreachable when nobody answers in time, with RangeError when there is no frame.
 *
 * @example
 * const frame = await connectFrame(document.querySelector("iframe"));
 * frame.on("maskChanged", ({ slice, rle }) => draw(slice, rle));
 * await frame.load({ imageId });
 */
export async function connectFrame(iframe: HTMLIFrameElement | null, options: FrameOptions = {}): Promise<Frame> {
  if (!iframe) throw new RangeError("connectFrame expects an iframe, got none.");
  const origin = options.origin ?? new URL(iframe.src, document.baseURI).origin;
  return talk(await shakeHands(iframe, origin, options));
}

function shakeHands(iframe: HTMLIFrameElement, origin: string, options: FrameOptions): Promise<MessagePort> {
  const { signal, timeoutMs = 30_000 } = options;
  const nonce = crypto.randomUUID();
  const hello = { ns: NAMESPACE, v: VERSION, id: nonce, type: "hello", payload: { nonce } };
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const fail = (reason: unknown) => {
      over.abort();
      reject(reason);
    };
    if (signal?.aborted) return fail(signal.reason);
    signal?.addEventListener("abort", () => fail(signal.reason), { signal: over.signal });
    const late = `The frame of ${origin} did not answer: does its server allow ${location.origin} (--frame-ancestors)?`;
    const timeout = setTimeout(() => fail(new FrameError("FrameUnreachable", late)), timeoutMs);
    // While another page is in the frame, the browser drops the greeting, for it is not to that page's origin.
    const again = setInterval(() => iframe.contentWindow?.postMessage(hello, origin), AGAIN_MS);
    over.signal.addEventListener("abort", () => {
      clearTimeout(timeout);
      clearInterval(again);
    });
    const listen = (event: MessageEvent) => {
      const { source, data, ports } = event;
      if (event.origin !== origin || source !== iframe.contentWindow || !isAnswer(data, nonce) || !ports[0]) return;
      over.abort();
      resolve(ports[0]);
    };
    addEventListener("message", listen, { signal: over.signal });
  });
}

const isAnswer = (data: unknown, nonce: string): boolean =>
  isMessage(data) && data.type === "welcome" && data.id === nonce;

interface Message {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
}

const isMessage = (data: unknown): data is Message =>
  typeof data === "object" &&
  data !== null &&
  "ns" in data &&
  data.ns === NAMESPACE &&
  "v" in data &&
  data.v === VERSION &&
  "id" in data &&
  "type" in data &&
  "payload" in data;

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: FrameError): void;
}

type Ask = <T extends keyof FrameAnswers>(type: T, payload: unknown) => Promise<FrameAnswers[T]>;

function talk(port: MessagePort): Frame {
  const waiting = new Map<string, Waiting>();
  const listeners = new Map<string, Set<(event: never) => void>>();
  let next = 1;
  let open = true;
  const ask: Ask = (type, payload) =>
    new Promise((resolve, reject) => {
      if (!open) return reject(closed());
      const id = String(next++);
      waiting.set(id, { resolve: resolve as Waiting["resolve"], reject }); // the frame answers each type with its own
      port.postMessage({ ns: NAMESPACE, v: VERSION, id, type, payload });
    });
  port.onmessage = ({ data }) => {
    if (!isMessage(data)) return;
    const { id, type, payload } = data;
    for (const listener of listeners.get(type) ?? []) listener(payload as never); // of the type that `on` says
    const asked = waiting.get(id);
    waiting.delete(id);
    if (type === "done") asked?.resolve(payload);
    if (type === "error") asked?.reject(errorOf(payload));
  };
  return {
    ...asking(ask),
    on(type, listener) {
      const all = listeners.get(type) ?? new Set();
      listeners.set(type, all.add(listener));
      return () => void all.delete(listener);
    },
    close() {
      open = false;
      port.close();
      for (const { reject } of waiting.values()) reject(closed());
      waiting.clear();
    },
  };
}

function asking(ask: Ask): Omit<Frame, "on" | "close"> {
  return {
    load(target) {
      if ("files" in target) return ask("loadFiles", { files: [...target.files] });
      return "study" in target ? ask("loadStudy", { ...target }) : ask("load", { imageId: target.imageId });
    },
    prompt: (prompts, at) => ask("setPrompt", { prompts: [...prompts], ...(at && { at }) }),
    async masks() {
      const answer = await ask("getMask", { format: "rle" });
      return "masks" in answer ? answer.masks : [];
    },
    async files(format) {
      const answer = await ask("getMask", { format });
      return "files" in answer ? answer.files : [];
    },
    status: () => ask("getStatus", {}),
  };
}

const closed = () => new FrameError("FrameClosed", "The connection to the frame has ended.");

function errorOf(payload: unknown): FrameError {
  const { code, message, detail } = { code: "Error", message: "", detail: {}, ...(payload as object) }; // as `serve` sends it
  return new FrameError(code, message, detail);
}
