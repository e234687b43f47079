/** For a page in somebody else's page; loaded only there. */
export { listenToHost } from "./frame.ts";
export { createHosted } from "./hosted.ts";
