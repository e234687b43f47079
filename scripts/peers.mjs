// `npm run test:peers`: what Python users do with the built server, through their own libraries; and an archive, Orthanc.
import "./build.mjs";
import { root, run } from "./install.mjs";
import { pytest } from "./python.mjs";

pytest("peers", "test/peers/requirements.txt", "test/peers");
run("npx", ["--no-install", "vitest", "run", "--project=peers"], { cwd: root });
