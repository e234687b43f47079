/** The server's phantom as three series: as it is, stored the other way round, and tilted. What each page opens. */
import { createSegmenter, type Mat4, multiply, type Segmenter, transformPoint, type Vec3 } from "@promptomy/client";

export interface Series {
  readonly voxels: Int16Array<ArrayBuffer>;
  readonly size: Vec3;
  readonly ijkToLps: Mat4;
  /** In the liver. */
  readonly liver: Vec3;
}

export type SeriesName = "plain" | "mirrored" | "oblique";

/** On another origin than the page. */
export const server = new URLSearchParams(location.search).get("server") ?? location.origin;

export const connect = (): Promise<Segmenter> => createSegmenter({ server, decode: "wasm" });

/** Every second pixel: quick to encode in three planes, and more anisotropic. */
const STEP = 2;

export async function makeSeries(segmenter: Segmenter, name: SeriesName): Promise<Series> {
  const { imageId, size: whole, ijkToLps: fine, rescale } = await segmenter.image(await studyId());
  const size: Vec3 = [Math.floor(whole[0] / STEP), Math.floor(whole[1] / STEP), whole[2]];
  const voxels = new Int16Array(size[0] * size[1] * size[2]);
  for (let k = 0, n = 0; k < size[2]; k++) {
    const { data, width } = await segmenter.slice({ imageId, slice: k });
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, n++)
        voxels[n] = (data[j * STEP * width + i * STEP] ?? 0) * rescale.slope + rescale.intercept;
  }
  const ijkToLps = fine.map((value, n) => (n % 4 < 2 && n < 12 ? value * STEP : value));
  const liver: Vec3 = [Math.round(size[0] * 0.31), Math.round(size[1] * 0.45), Math.floor(size[2] / 2)];
  const place = transformPoint(ijkToLps, liver);
  const plain: Series = { voxels, size, ijkToLps, liver: place };
  if (name === "mirrored") return mirrored(plain);
  return name === "oblique" ? tilted(plain) : plain;
}

async function studyId(): Promise<string> {
  const [{ imageId }] = await (await fetch(`${server}/v1/studies`)).json();
  return imageId;
}

/** Last column and last slice first. */
function mirrored({ voxels, size: [ni, nj, nk], ijkToLps, liver }: Series): Series {
  const turned = new Int16Array(voxels.length);
  for (let k = 0, n = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++, n++) turned[n] = voxels[ni - 1 - i + ni * (j + nj * (nk - 1 - k))] ?? 0;
  const flip = [-1, 0, 0, ni - 1, 0, 1, 0, 0, 0, 0, -1, nk - 1, 0, 0, 0, 1];
  return { voxels: turned, size: [ni, nj, nk], ijkToLps: multiply(ijkToLps, flip), liver };
}

/** 18° about x, 12° about z. */
function tilted({ voxels, size, ijkToLps, liver }: Series): Series {
  const [a, b] = [(18 * Math.PI) / 180, (12 * Math.PI) / 180];
  const aboutX = [1, 0, 0, 0, 0, Math.cos(a), -Math.sin(a), 0, 0, Math.sin(a), Math.cos(a), 0, 0, 0, 0, 1];
  const aboutZ = [Math.cos(b), -Math.sin(b), 0, 0, Math.sin(b), Math.cos(b), 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const turn = multiply(aboutZ, aboutX);
  return { voxels, size, ijkToLps: multiply(turn, ijkToLps), liver: transformPoint(turn, liver) };
}
