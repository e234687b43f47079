/** Windows, slices, planes, failures and fingers. */
import { describe, expect, test } from "vitest";
import { maskIou } from "../../core/mask/mask.ts";
import { openViewer, type ViewerElement } from "./viewer-page.ts";
import { inside, LIVER, rightEdge, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

describe("looking", () => {
  test("needs no inline style or script: a strict content security policy holds", async () => {
    const { page } = stage.viewer;
    await page.route(`${stage.server.url}/`, async (route) => {
      const response = await route.fetch();
      const policy =
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'";
      await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
    });
    await page.reload();
    await stage.viewer.ready();
    await stage.viewer.click(...LIVER);
    await page.keyboard.press("?");
    expect(inside(await stage.only(), LIVER)).toBe(1);
    expect(stage.viewer.problems).toEqual([]);
  });

  test("changing the display window leaves the mask alone until it is encoded again", async () => {
    await stage.viewer.click(...LIVER);
    const before = await stage.only();
    await stage.viewer.page.keyboard.press("4");
    await stage.viewer.page.waitForTimeout(300);
    expect((await stage.only()).mask).toEqual(before.mask);
    await stage.viewer.page.getByRole("button", { name: "Re-encode with this window" }).click();
    await stage.viewer.page.waitForTimeout(50);
    await stage.viewer.ready();
    expect(await stage.viewer.read((state) => state.image?.embedding?.window)).toEqual({ center: 480, width: 2500 });
    expect(inside(await stage.only(), LIVER)).toBe(1);
    expect(maskIou((await stage.only()).mask, before.mask)).toBeLessThan(1);
  });

  test("wheel, Home and the plane switch move through the volume; encoded slices get ticks", async () => {
    const { page } = stage.viewer;
    const middle = (await stage.viewer.read((state) => state.image?.slice)) ?? 0;
    const { x, y } = await stage.viewer.at(...LIVER);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 100);
    expect(await stage.viewer.read((state) => state.image?.slice)).toBe(middle + 1);
    await stage.viewer.ready();
    await page.waitForFunction(
      () => ((document.querySelector("viewer-app") as ViewerElement).app.store.state.image?.encoded.size ?? 0) >= 4,
    );
    await page.keyboard.press("Home");
    expect(await stage.viewer.read((state) => state.image?.slice)).toBe(0);
    await page.getByRole("radio", { name: "Sagittal" }).click();
    await stage.viewer.ready();
    expect(await stage.viewer.read((state) => state.image?.plane.plane)).toBe("sagittal");
    expect(stage.viewer.problems).toEqual([]);
  });

  test("a failed encoding is told with its code, keeps the prompt, and can be tried again", async () => {
    const { page } = stage.viewer;
    let refuse = true;
    await page.route("**/embeddings", (route) =>
      refuse && route.request().method() === "POST"
        ? route.fulfill({
            status: 503,
            contentType: "application/problem+json",
            body: JSON.stringify({
              type: "about:blank",
              title: "",
              status: 503,
              code: "Saturated",
              detail: "",
              info: { retryAfterS: 1 },
            }),
          })
        : route.continue(),
    );
    await page.keyboard.press("PageUp");
    await page.getByText("Saturated").first().waitFor();
    await stage.viewer.shown();
    const { x, y } = await stage.viewer.at(...LIVER);
    await page.mouse.click(x, y);
    refuse = false;
    await page.waitForTimeout(300);
    await page.getByRole("button", { name: "Try again" }).first().click();
    await stage.viewer.ready();
    for (const again of await page.getByRole("button", { name: "Try again" }).all()) await again.click();
    await stage.viewer.ready();
    await page.waitForFunction(
      () => (document.querySelector("viewer-app") as ViewerElement).app.store.state.masks.size === 1,
    );
    expect(inside(await stage.only(), LIVER)).toBe(1);
  });

  test("a finger taps to include, holds to exclude, and slides through slices", async () => {
    const phone = await openViewer(stage.browser, stage.server.url, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    const { x, y } = await phone.at(...LIVER);
    await phone.page.touchscreen.tap(x, y);
    await phone.ready();
    expect(inside((await phone.masks())[0]!, LIVER)).toBe(1);
    const session = await phone.page.context().newCDPSession(phone.page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    const edge = rightEdge((await phone.masks())[0]!, LIVER);
    const held = await phone.at(...edge);
    await touch("touchStart", [held]);
    await phone.page.waitForTimeout(700);
    await touch("touchEnd", []);
    await phone.ready();
    expect(inside((await phone.masks())[0]!, edge)).toBe(0);
    const start = (await phone.read((state) => state.image?.slice)) ?? 0;
    await touch("touchStart", [{ x, y }]);
    for (let i = 1; i <= 6; i++) await touch("touchMove", [{ x, y: y + i * 10 }]);
    await touch("touchEnd", []);
    expect(await phone.read((state) => state.image?.slice)).toBeGreaterThan(start);
    await touch("touchStart", [
      { x: x - 20, y },
      { x: x + 20, y },
    ]);
    await touch("touchMove", [
      { x: x - 40, y },
      { x: x + 40, y },
    ]);
    await touch("touchEnd", []);
    expect(await phone.read((state) => state.view.zoom)).toBeCloseTo(2, 1);
    await phone.page.context().close();
  });
});
