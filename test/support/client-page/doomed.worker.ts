import "../../../client/decode/decoder.worker.ts";

/** What a test does from outside to this worker. */
type Doom = "crash" | "destroy-device";

const devices: GPUDevice[] = [];

new BroadcastChannel("doom").onmessage = ({ data }: MessageEvent<Doom>) => {
  if (data === "crash") throw new Error("crashed on purpose");
  for (const device of devices) device.destroy();
};

if ("GPUAdapter" in globalThis) {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    devices.push(device);
    return device;
  };
}
