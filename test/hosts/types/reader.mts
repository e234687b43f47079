/** Written by somebody with TypeScript 5.4: the published types are read, not `any`. `package.test.ts` compiles it. */
import { createSegmenter, type SegmentMask } from "@promptomy/client";
import { cornerstonePoint } from "@promptomy/client/cornerstone";
import { cornerstoneTools } from "@promptomy/client/cornerstone-tools";
import type { PromptomyViewerElement } from "@promptomy/client/element";
import { connectFrame, type Frame } from "@promptomy/client/frame";
import { type NiivueLike, niivueAdapter } from "@promptomy/client/niivue";
import { openSeadragonView } from "@promptomy/client/openseadragon";
import { bind, type PlacedMask } from "@promptomy/client/viewer";

export async function click(nv: NiivueLike): Promise<PlacedMask> {
  const segmenter = await createSegmenter({
    server: "https://segment.example.org",
    signal: new AbortController().signal,
  });
  const binding = await bind(segmenter, niivueAdapter(nv));
  const [best]: [SegmentMask, ...SegmentMask[]] = await segmenter.segment(await segmenter.embed(new Blob([])), []);
  // @ts-expect-error a score is a number
  const wrong: string = best.predictedIou;
  return binding.prompt({ kind: "point", at: cornerstonePoint({ getCamera: () => ({}) }, [1, 2, wrong.length]) });
}

export async function place(viewer: PromptomyViewerElement, iframe: HTMLIFrameElement | null): Promise<number> {
  const frame: Frame = await connectFrame(iframe);
  // @ts-expect-error a mask is of prompts
  await viewer.prompt("liver");
  const [mask] = [...(await frame.masks()), ...viewer.masks()];
  return mask?.area ?? 0;
}

// @ts-expect-error each wants its viewer
export const wrong = [cornerstoneTools(), openSeadragonView()];
