/** `npm run bench [-- speed | accuracy …]`, and `promptomy bench` from a source checkout. Each loads only what it needs. */

const [what = "speed", ...args] = process.argv.slice(2);

switch (what) {
  case "speed": {
    const { speed } = await import("./speed.ts");
    await speed();
    break;
  }
  case "accuracy": {
    const { accuracy } = await import("./accuracy/main.ts");
    process.exitCode = await accuracy(args);
    break;
  }
  default:
    process.stderr.write(`bench: expected speed or accuracy, got "${what}".\n`);
    process.exitCode = 2;
}
