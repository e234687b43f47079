/** `ohif-extension-promptomy`: the extension is the default, as OHIF imports it; the mode beside it. */
export { default, default as extension } from "./extension.ts";
export { default as mode } from "./mode.ts";
