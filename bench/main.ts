/** `npm run bench [-- speed | page | hosts | accuracy … | organs … | names … | phrases … | offline | volumes … | volume-memory … | surface … | archive | exports | scale]`, and `promptomy bench` from a source checkout. Each loads only what it needs. */

const [what = "speed", ...args] = process.argv.slice(2);

switch (what) {
  case "speed": {
    const { speed } = await import("./speed.ts");
    await speed();
    break;
  }
  case "page": {
    const { pages } = await import("./page.ts");
    await pages(args);
    break;
  }
  case "hosts": {
    const { hosts } = await import("./hosts.ts");
    await hosts();
    break;
  }
  case "accuracy": {
    const { accuracy } = await import("./accuracy/main.ts");
    process.exitCode = await accuracy(args);
    break;
  }
  case "organs": {
    const { organs } = await import("./organs/main.ts");
    await organs(args);
    break;
  }
  case "names": {
    const { names } = await import("./names/main.ts");
    await names(args);
    break;
  }
  case "phrases": {
    const { phrases } = await import("./names/phrases.ts");
    await phrases(args);
    break;
  }
  case "offline": {
    const { offline } = await import("./offline.ts");
    await offline();
    break;
  }
  case "volumes": {
    const { volumes } = await import("./volumes.ts");
    await volumes(args);
    break;
  }
  case "surface": {
    const { surface } = await import("./surface.ts");
    await surface(args);
    break;
  }
  case "volume-memory": {
    const { volumeMemory } = await import("./volume-memory.ts");
    await volumeMemory(args);
    break;
  }
  case "archive": {
    const { archive } = await import("./archive.ts");
    await archive();
    break;
  }
  case "exports": {
    const { exports } = await import("./exports.ts");
    await exports();
    break;
  }
  case "scale": {
    const { scale } = await import("./capacity/scale.ts");
    await scale();
    break;
  }
  default:
    process.stderr.write(
      `bench: expected speed, page, hosts, accuracy, organs, names, phrases, offline, volumes, volume-memory, surface, archive, exports or scale, got "${what}".\n`,
    );
    process.exitCode = 2;
}
