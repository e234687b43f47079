import { defineConfig } from "vitest/config";

/** `npm run test:hosts`: browser tests in foreign viewers and bundlers, one file after the other. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    globalSetup: ["./scripts/browser.mjs"],
    include: ["test/hosts/**/*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
