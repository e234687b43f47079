// A Vitest reporter: one line at the end of the run that says how many tests were skipped, and what they would need.

/** Tests that were merely not selected are left to Vitest's own summary. */
function countByNeed(modules) {
  const counts = new Map();
  for (const module of modules) {
    for (const test of module.children.allTests("skipped")) {
      const need = test.result().note ?? test.meta().needs;
      if (need) counts.set(need, (counts.get(need) ?? 0) + 1);
    }
  }
  return [...counts];
}

export default class Skips {
  onTestRunEnd(modules) {
    const counts = countByNeed(modules).map(([need, count]) => `${count} that need ${need}`);
    if (counts.length > 0) console.log(`Skipped tests: ${counts.join(", ")}.\n`);
  }
}
