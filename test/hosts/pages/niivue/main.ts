/** NiiVue with a series of the phantom, and the five lines that bind it. */
import { Niivue, NVImage } from "@niivue/niivue";
import { affineRasToLps, rasToLps, type Vec3 } from "@promptomy/client";
import { niivueAdapter, niivuePoint } from "@promptomy/client/niivue";
import { bind } from "@promptomy/client/viewer";
import { judge } from "../judge.ts";
import { connect, makeSeries, type SeriesName } from "../series.ts";

const segmenter = await connect();

/** A NIfTI of the series, as a file that NiiVue reads. */
function niftiOf({ voxels, size, ijkToLps }: Awaited<ReturnType<typeof makeSeries>>): File {
  const header = new DataView(new ArrayBuffer(352));
  header.setInt32(0, 348, true);
  for (const [n, value] of [3, ...size, 1, 1, 1, 1].entries()) header.setInt16(40 + 2 * n, value, true);
  header.setInt16(70, 4, true); // int16
  header.setInt16(72, 16, true);
  const ras = affineRasToLps(ijkToLps);
  for (let n = 0; n < 3; n++)
    header.setFloat32(80 + 4 * n, Math.hypot(ras[n] ?? 0, ras[n + 4] ?? 0, ras[n + 8] ?? 0), true);
  header.setFloat32(76, 1, true);
  header.setFloat32(108, 352, true); // vox_offset
  header.setFloat32(112, 1, true); // scl_slope
  header.setUint8(123, 2); // mm
  header.setInt16(254, 2, true); // sform_code
  for (let n = 0; n < 12; n++) header.setFloat32(280 + 4 * n, ras[n] ?? 0, true);
  for (const [n, code] of [0x6e, 0x2b, 0x31].entries()) header.setUint8(344 + n, code);
  return new File([header.buffer, voxels], "series.nii");
}

async function open(name: SeriesName) {
  const series = await makeSeries(segmenter, name);
  const nv = new Niivue({ isSliceMM: true, show3Dcrosshair: true });
  await nv.attachTo("gl");
  nv.addVolume(await NVImage.loadFromFile({ file: niftiOf(series), name: "series.nii" }));
  nv.setSliceType(nv.sliceTypeMultiplanar);
  const binding = await bind(segmenter, niivueAdapter(nv, { modality: "CT" }));
  const click = async (axCorSag: 0 | 1 | 2) => {
    const [x, y, z] = rasToLps(series.liver);
    const at = niivuePoint({ mm: [x, y, z], axCorSag });
    await binding.prompt({ kind: "point", at });
    const volume = nv.volumes[0];
    const [, ni = 0, nj = 0, nk = 0] = volume?.dimsRAS ?? [];
    const verdict = await judge(binding, at, {
      size: [ni, nj, nk],
      get: (i, j, k) => nv.drawBitmap?.[i + ni * (j + nj * k)] ?? 0,
      toLps: (i, j, k) => {
        const [a = 0, b = 0, c = 0] = volume?.vox2mm([i, j, k], volume.matRAS ?? new Float32Array(16)) ?? [];
        return rasToLps([a, b, c] satisfies Vec3);
      },
    });
    return verdict;
  };
  const undo = async () => {
    await binding.undo();
    return nv.drawBitmap?.reduce((sum, value) => sum + value, 0);
  };
  /** As a drag with the right button does it. */
  const window = (low: number, high: number) => {
    for (const volume of nv.volumes) Object.assign(volume, { cal_min: low, cal_max: high });
    nv.updateGLVolume();
  };
  return { nv, binding, series, click, undo, window };
}

Object.assign(globalThis, { host: { open } });
