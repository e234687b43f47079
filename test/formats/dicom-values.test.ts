/** What values mean, and the windows through which a DICOM file wants them seen (D-6, report 16). */
import { describe, expect, test } from "vitest";
import { sliceOf } from "../../core/image/slice.ts";
import type { Volume } from "../../core/image/volume.ts";
import { windowToBytes } from "../../core/image/window.ts";
import { readImage } from "../../formats/index.ts";
import { at, CLASS, cs, ds, type Elements, object, steps } from "./dicom-objects.ts";

const said = ({ warnings }: Volume) => warnings.join("\n");

describe("values (D-6)", () => {
  test("a dose is scaled by its own factor", async () => {
    const volume = await readImage([
      object({ modality: "RTDOSE", sop: CLASS.dose, value: 100, more: ds(0x3004000e, 0.02) }),
    ]);
    expect((volume.data[0] ?? 0) * volume.rescale.slope).toBeCloseTo(2, 9);
  });

  test("LINEAR_EXACT is the LINEAR window that is the same; a sigmoid is a curve", async () => {
    const window = (shape: string) => ({ ...ds(0x00281050, 50), ...ds(0x00281051, 120), ...cs(0x00281056, shape) });
    const [exact] = (await readImage([object({ more: window("LINEAR_EXACT") })])).windows;
    expect(exact).toMatchObject({ center: 50.5, width: 121 });
    const { windows } = await readImage([object({ value: 80, more: window("SIGMOID") })]);
    const slice = sliceOf(await readImage([object({ value: 80, more: window("SIGMOID") })]), "native", 0);
    const expected = 255 / (1 + Math.exp((-4 * (80 - 50)) / 120));
    expect(Math.abs((windowToBytes(slice, windows[0]!)[0] ?? 0) - expected)).toBeLessThan(1);
  });

  test("windows that differ by slice are the own ones of each", async () => {
    const files = steps(5, 2).map((z, k) =>
      object({ instance: k, more: { ...at(z), ...ds(0x00281050, 40 * k), ...ds(0x00281051, 100) } }),
    );
    const volume = await readImage(files);
    expect(volume.windows[0]?.center).toBe(80);
    expect(volume.sliceWindows).toEqual([0, 40, 80, 120, 160].map((center) => ({ center, width: 100 })));
    expect(said(volume)).toContain("another window for each slice");
  });

  test("windows that hardly differ are one, and curves that differ are that of the middle slice", async () => {
    const files = (more: (k: number) => Elements) =>
      steps(5, 2).map((z, k) => object({ instance: k, more: { ...at(z), ...ds(0x00281051, 100), ...more(k) } }));
    const alike = await readImage(files((k) => ds(0x00281050, 40 + k)));
    expect([alike.sliceWindows, said(alike)]).toEqual([undefined, ""]);
    const curves = await readImage(files((k) => ({ ...ds(0x00281050, 40 * k), ...cs(0x00281056, "SIGMOID") })));
    expect(curves.sliceWindows).toBeUndefined();
    expect(said(curves)).toContain("another curve for each slice");
  });
});
