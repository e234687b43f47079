/** What reading tells of the images in files, as the page lists them. */
import type { SeriesImage } from "../../core/wire/index.ts";
import type { ImageList } from "../../formats/index.ts";

export const seriesImages = ({ studies }: ImageList): SeriesImage[] =>
  studies
    .flatMap((study) => study.series)
    .flatMap((inside) => inside.images)
    .map(({ index, modality, kind, size, note }) => ({
      index,
      modality,
      kind,
      ...(size && { size: [...size] as [number, number, number] }), // the wire's types are mutable
      ...(note && { note }),
    }));
