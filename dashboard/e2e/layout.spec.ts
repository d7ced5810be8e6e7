import type { Page } from "@playwright/test";
import { expect, startTask, test } from "./support";

const PAGES = [
  "/",
  "/approvals",
  "/workspaces",
  "/workspaces/0190a000-0000-7000-8000-000000000001",
  "/servers",
  "/servers/github",
  "/clients",
  "/secrets",
  "/policy",
  "/policy/explain?decision=0190a000-0000-7000-8000-0000000000dd",
  "/record",
  "/settings",
];

test("nothing jumps while a task streams and the reader follows", async ({ page, mock }) => {
  await mock.reset({ pace: 2 });
  await startTask(page, "stream");
  const shifts = await watchShifts(page);
  await expect(page.getByText("That was a lot of text.")).toBeInViewport({ timeout: 25_000 });
  expect(await shifts()).toBeLessThanOrEqual(0.05);
});

test("nothing moves under a reader who has scrolled up", async ({ page, mock }) => {
  await mock.reset({ pace: 2 });
  await startTask(page, "stream");
  await expect(page.getByRole("heading", { name: "Part 2" })).toBeVisible();
  const timeline = page.getByRole("region", { name: "Timeline" });
  await timeline.hover();
  await page.mouse.wheel(0, -5_000);
  await expect(page.getByRole("button", { name: "Newest" })).toBeVisible();
  const heading = page.getByRole("heading", { name: "Part 1" });
  await expect(heading).toBeInViewport();
  const before = await heading.boundingBox();
  const shifts = await watchShifts(page);
  await expect(page.getByRole("heading", { name: "Part 3" })).toBeAttached({ timeout: 20_000 });
  await page.waitForTimeout(500);
  expect(await heading.boundingBox()).toEqual(before);
  expect(await shifts()).toBeLessThanOrEqual(0.05);
});

test("pages load without jumps", async ({ page }) => {
  await page.route("**/api/v1/**", async (route) => {
    await new Promise((done) => setTimeout(done, 250));
    await route.continue();
  });
  for (const address of PAGES) {
    await page.goto(address);
    const shifts = await watchShifts(page);
    await page.waitForLoadState("networkidle");
    expect(await shifts(), address).toBeLessThanOrEqual(0.1);
  }
});

test.describe("at phone width", () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

  test("no page is wider than the screen", async ({ page }) => {
    for (const address of PAGES) {
      await page.goto(address);
      await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
      await page.waitForLoadState("networkidle");
      expect(await overflow(page), address).toEqual([]);
    }
    await page.goto("/");
    await startTask(page, "Show me around");
    await expect(page.getByRole("button", { name: "Approve" })).toBeInViewport();
    expect(await overflow(page), "task").toEqual([]);
    await page.getByRole("button", { name: "About this task" }).click();
    await expect(page.getByRole("dialog", { name: "About this task" })).toContainText("Spent so far");
  });
});

test.describe("in the dark", () => {
  test.use({ colorScheme: "dark" });

  test("the system's choice is followed, and a choice of one's own is kept", async ({ page }) => {
    await page.goto("/settings");
    expect(await lightness(page)).toBeLessThan(0.35);
    await page.getByText("Light", { exact: true }).click();
    expect(await lightness(page)).toBeGreaterThan(0.9);
    await page.reload();
    expect(await lightness(page)).toBeGreaterThan(0.9);
    await page.getByText("As the system").click();
    expect(await lightness(page)).toBeLessThan(0.35);
  });
});

/** Sum of the layout shifts from now on that no input of the person explains. */
async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const seen = window as unknown as { shifts: number };
    seen.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[]) {
        if (!entry.hadRecentInput) seen.shifts += entry.value;
      }
    }).observe({ type: "layout-shift" });
  });
  return () => page.evaluate(() => (window as unknown as { shifts: number }).shifts);
}

/** Elements that reach out of the window and are not inside something that scrolls sideways on purpose. */
function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element: Element | null): boolean =>
      element !== null &&
      (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(element).overflowX) ||
        scrolls(element.parentElement));
    const outside = [...document.querySelectorAll("#root *")].filter(
      (element) => element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement),
    );
    const wide = [...document.querySelectorAll("main, main section")].filter(
      (element) => element.scrollWidth > element.clientWidth + 1,
    );
    const root = document.documentElement;
    if (root.scrollHeight > root.clientHeight) return ["the page itself scrolls instead of its content"];
    return [...outside, ...wide].map((element) => element.outerHTML.slice(0, 120));
  });
}

function lightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const color = getComputedStyle(document.documentElement).backgroundColor;
    return Number(/oklch\(([\d.]+)/.exec(color)?.[1]);
  });
}
