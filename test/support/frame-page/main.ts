/** A page that shows the viewer of `?viewer=` in a frame, and says to the frame of `?to=` what it may not. */
import { connectFrame, FrameError } from "../../../client/frame/index.ts";

const address = new URL(location.href).searchParams;

export interface FramePage {
  connect(timeoutMs?: number): ReturnType<typeof connectFrame>;
  /** Its code, where it rejects. */
  codeOf(asked: Promise<unknown>): Promise<string>;
}

const iframe = document.createElement("iframe");
const viewer = address.get("viewer");
if (viewer) {
  iframe.src = viewer;
  document.body.append(iframe);
}

const page: FramePage = {
  connect: (timeoutMs = 60_000) => connectFrame(iframe, { timeoutMs }),
  codeOf: (asked) =>
    asked.then(
      () => "none",
      (thrown: unknown) => (thrown instanceof FrameError ? thrown.code : String(thrown)),
    ),
};
Object.assign(globalThis, { page });
