import "../../../client/decode/decoder.worker.ts";

/** A machine whose GPU does not come back. */
if ("GPU" in globalThis) GPU.prototype.requestAdapter = async () => null;
