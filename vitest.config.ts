import { defineConfig } from "vitest/config";

/** `unit` runs in parallel; `peers` speaks with foreign servers (`npm run test:peers`); `e2e` finds or fetches Chromium, starts servers, and runs one file at a time. A browser on a busy machine may lose a race once: what fails twice is a fault, what is tried again is listed. */
export default defineConfig({
  test: {
    reporters: ["default", "./scripts/skips.mjs"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/archive/**", "test/hosts/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "peers",
          globalSetup: ["./scripts/browser.mjs"],
          include: ["test/archive/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          globalSetup: ["./scripts/browser.mjs"],
          include: ["test/e2e/**/*.test.ts"],
          retry: 1,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
