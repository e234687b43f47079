import "../../../client/decoder.worker.ts";

/** Remembers the device that onnxruntime asks for, so that a test can destroy it from outside. */
const requestDevice = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (descriptor) {
  const device = await requestDevice.call(this, descriptor);
  new BroadcastChannel("destroy").onmessage = () => device.destroy();
  return device;
};
