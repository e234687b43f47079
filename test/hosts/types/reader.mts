/** Written by somebody with TypeScript 5.4: the published types are read, not `any`. `package.test.ts` compiles it. */
import { createSegmenter, type SegmentMask } from "@promptomy/client";
import { cornerstonePoint } from "@promptomy/client/cornerstone";
import { type NiivueLike, niivueAdapter } from "@promptomy/client/niivue";
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
