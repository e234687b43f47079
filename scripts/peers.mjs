// `npm run test:peers`: what Python users do with the built server, through their own libraries; and an archive, Orthanc, with the viewer OHIF on it.
import "./build.mjs";
import { root, run } from "./install.mjs";
import { fetchOhif } from "./ohif.mjs";
import { pytest } from "./python.mjs";

pytest("peers", "test/peers/requirements.txt", "test/peers");
fetchOhif();
run("npx", ["--no-install", "vitest", "run", "--project=peers"], { cwd: root });
