export * from "./common.ts";
export * from "./embedding.ts";
export * from "./image.ts";
export * from "./manifest.ts";
export * from "./mask.ts";
export * from "./problem.ts";
export * from "./prompt.ts";
export * from "./text.ts";
