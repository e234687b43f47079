// `npm run test:peers`: what Python users do with the built server, through their own libraries; an archive, Orthanc, with the viewer OHIF on it; and dcmqi.
import { join } from "node:path";
import "./build.mjs";
import { installIn, root, run } from "./install.mjs";
import { fetchOhif } from "./ohif.mjs";
import { pytest } from "./python.mjs";

pytest("peers", "test/peers/requirements.txt", "test/peers");
fetchOhif();
installIn(join(root, "test", "archive"), "dcmqi");
run("npx", ["--no-install", "vitest", "run", "--project=peers"], { cwd: root });
