/** The one segmenter of the page, made with the first prompt: a site that never prompts sends nothing to the server. */
import { createSegmenter } from "../../segmenter.ts";
import type { Segmenter, SegmenterStatus } from "../../types.ts";
import type { OhifServices, PromptomyOptions } from "./types.ts";

export interface Connection {
  segmenter(): Promise<Segmenter>;
  close(): void;
}

export function createConnection(
  options: PromptomyOptions,
  { userAuthenticationService }: Pick<OhifServices, "userAuthenticationService">,
  onStatus: (status: SegmenterStatus) => void,
): Connection {
  let made: Promise<Segmenter> | undefined;
  const authorised = (request: Request): Promise<Response> => {
    const token = userAuthenticationService.getAuthorizationHeader()?.Authorization;
    if (token) request.headers.set("Authorization", token);
    return fetch(request);
  };
  const connect = () => {
    const { server, model, workerUrl = new URL("./worker.js", import.meta.url), sendAuthorization = false } = options;
    if (!server) throw new RangeError("No server is named: window.config.promptomy = { server: … } in app-config.js.");
    return createSegmenter({
      ...{ server: new URL(server, location.href), workerUrl, onStatus },
      ...(model === undefined ? {} : { model }),
      ...(sendAuthorization ? { fetch: authorised } : {}),
    });
  };
  return {
    async segmenter() {
      made ??= connect();
      const attempt = made;
      return attempt.catch((thrown: unknown) => {
        if (made === attempt) made = undefined;
        throw thrown;
      });
    },
    close() {
      made?.then((segmenter) => segmenter.close()).catch(() => {});
      made = undefined;
    },
  };
}
