// `npm run test:peers`: what Python users do with the built server, through their own libraries.
import "./build.mjs";
import { pytest } from "./python.mjs";

pytest("peers", "test/peers/requirements.txt", "test/peers");
