/** A build that says what went wrong, and nothing else. */
import type { BuildEnvironmentOptions } from "vite";

/** Node modules that codecs name on a branch that a browser never takes. */
const NEVER_LOADED = /^Module "(fs|path)" has been externalized .*@cornerstonejs[/\\]codec-/;

/** Largest script, kB: vtk.js, which the page loads when a 3D view is first shown. */
const LARGEST_KB = 1000;

export const quietBuild = {
  chunkSizeWarningLimit: LARGEST_KB,
  rolldownOptions: {
    checks: { pluginTimings: false },
    onLog: (level, log, say) => NEVER_LOADED.test(log.message) || say(level, log),
  },
} satisfies BuildEnvironmentOptions;
