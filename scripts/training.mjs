// `npm run test:training`: the tests of the training code (PyTorch).
import { pytest } from "./python.mjs";

pytest("training", "models/training/requirements.txt", "test/training");
