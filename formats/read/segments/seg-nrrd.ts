/**
 * `.seg.nrrd` of 3D Slicer (Slicer, "Segmentation file format"): a labelmap, or several behind each other on a list axis,
 * with the segments' names, colours and codes as key-value pairs of the header.
 */

import type { Code } from "../../../core/annotation/entries.ts";
import { hexColour } from "../../../core/colour.ts";
import type { Volume } from "../../../core/image/volume.ts";
import type { Limits } from "../../bytes/limits.ts";
import { nrrdKeys, readNrrdLayers } from "../raster/nrrd.ts";
import { labelmapFile, layerOf, numbersIn, wholeNumbers } from "./labelmap.ts";
import type { LabelFile, LabelLayer, NamedSegment } from "./layer.ts";

/** An NRRD labelmap; with Slicer's keys its segments have their names. */
export function nrrdFile(bytes: Uint8Array, limits: Limits): LabelFile {
  const keys = nrrdKeys(bytes);
  const { volume, layers } = readNrrdLayers(bytes, limits);
  const named = segmentsOf(keys);
  if (named.length === 0 && layers === 1) return labelmapFile(volume, "NRRD");
  const all = split(volume, layers);
  const segments = named.length > 0 ? named : unnamed(all);
  return { unit: volume.unit, layers: all, segments, warnings: [] };
}

const unnamed = (layers: readonly LabelLayer[]): NamedSegment[] =>
  layers.flatMap(({ planes }, layer) =>
    [...new Set(planes.flatMap(({ labels }) => numbersIn(labels)))].map((number) => ({
      name: layers.length > 1 ? `Layer ${layer + 1}, label ${number}` : `Label ${number}`,
      ...{ layer, number },
    })),
  );

/** The list axis is the fastest one: voxel i of layer n stands at n + layers · i. */
function split(volume: Volume, layers: number): LabelLayer[] {
  const all = wholeNumbers(volume.data, "NRRD");
  if (layers === 1) return [layerOf(volume, all)];
  return Array.from({ length: layers }, (_, layer) => {
    const labels = all.slice(0, all.length / layers);
    for (let to = 0, from = layer; to < labels.length; to++, from += layers) labels[to] = all[from] ?? 0;
    return layerOf(volume, labels);
  });
}

function segmentsOf(keys: ReadonlyMap<string, string>): NamedSegment[] {
  const found: NamedSegment[] = [];
  for (let n = 0; keys.has(`Segment${n}_ID`) || keys.has(`Segment${n}_Name`); n++) {
    const key = (name: string) => keys.get(`Segment${n}_${name}`);
    const code = codeOf(key("Tags"));
    const colour = colourOf(key("Color"));
    found.push({
      name: key("Name") ?? key("ID") ?? `Segment ${n + 1}`,
      layer: Number(key("Layer") ?? 0),
      number: Number(key("LabelValue") ?? n + 1),
      ...(code && { code }),
      ...(colour && { colour }),
    });
  }
  return found;
}

/** Three numbers from 0 to 1. */
function colourOf(text: string | undefined): string | undefined {
  const parts = text?.trim().split(/\s+/).map(Number) ?? [];
  if (parts.length !== 3 || !parts.every((part) => part >= 0 && part <= 1)) return undefined;
  return hexColour(parts.map((part) => 255 * part));
}

/** `TerminologyEntry:` context ~ category ~ type ~ modifier ~ …, each code as scheme^value^meaning. */
function codeOf(tags: string | undefined): Code | undefined {
  const entry = tags?.split("|").find((tag) => tag.startsWith("TerminologyEntry:"));
  const [scheme, value, meaning] = entry?.split("~")[2]?.split("^") ?? [];
  return scheme && value && meaning
    ? { scheme: scheme.slice(0, 16), value: value.slice(0, 64), meaning: meaning.slice(0, 64) }
    : undefined;
}
