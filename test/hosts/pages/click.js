/** One click in the phantom's liver, as a page asks it. */
export async function clickLiver(segmenter) {
  const [{ imageId }] = await segmenter.studies();
  const { planes } = await segmenter.image(imageId);
  const { count } = planes.find(({ plane }) => plane === "axial");
  const on = await segmenter.embed({ imageId, plane: "axial", slice: Math.floor(count / 2) });
  const [mask] = await segmenter.segment(on, [{ kind: "point", x: 80, y: 90, label: "foreground" }]);
  const { backend, reason } = segmenter.status;
  return { backend: mask.backend ?? backend, reason, area: mask.data.reduce((sum, inside) => sum + inside, 0) };
}
