import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, startTask, test } from "./support";

const PAGES = {
  tasks: "/",
  approvals: "/approvals",
  workspaces: "/workspaces",
  file: "/workspaces/0190a000-0000-7000-8000-000000000001?file=tide.sed",
  servers: "/servers",
  server: "/servers/github",
  "failed server": "/servers/notes",
  clients: "/clients",
  secrets: "/secrets",
  policy: "/policy?file=labels.rego&line=6",
  "policy without a draft": "/policy/draft",
  explanation: "/policy/explain?decision=0190a000-0000-7000-8000-0000000000dd",
  record: "/record",
  settings: "/settings",
};

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    for (const [name, address] of Object.entries(PAGES)) {
      test(`${name}: no violations`, async ({ page }) => {
        await page.goto(address);
        await page.waitForLoadState("networkidle");
        await check(page);
      });
    }

    test("task with a question, and finished: no violations", async ({ page }) => {
      await startTask(page, "Show me around");
      await expect(page.getByRole("button", { name: "Approve" })).toBeVisible();
      await check(page);
      await page.getByRole("button", { name: "Approve" }).click();
      await expect(page.getByRole("table")).toBeVisible();
      await page
        .getByRole("region", { name: "Timeline" })
        .evaluate((element) => element.scrollTo({ top: 0 }));
      await check(page);
    });

    test("question of an MCP client: no violations", async ({ page, mock }) => {
      await mock.reset({ question: true });
      await page.goto("/approvals");
      await page.getByRole("button", { name: "Make a link" }).click();
      await expect(page.getByLabel("link", { exact: true })).toBeVisible();
      await check(page);
    });

    test("new server: no violations", async ({ page }) => {
      await page.goto("/servers");
      await page.getByRole("button", { name: "Add a server" }).click();
      await page.getByLabel("Environment").fill("API_KEY=plain");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await expect(page.getByText("Enter the program and its arguments.")).toBeVisible();
      await check(page);
    });

    test("draft with its reports: no violations", async ({ page }) => {
      await page.goto("/policy");
      await page.getByRole("button", { name: "Write a draft" }).click();
      for (const [button, heading] of [
        ["Check", "Problems"],
        ["Test", "Tests"],
        ["Compare", "Against the rules in force"],
        ["Replay", "Recorded calls, put to the draft"],
      ] as const) {
        await page.getByRole("button", { name: button, exact: true }).click();
        await expect(page.getByRole("heading", { name: heading })).toBeVisible();
        await expect(page.getByRole("button", { name: button, exact: true })).toBeEnabled();
        await check(page);
      }
    });

    test("opened entry of the record: no violations", async ({ page }) => {
      await page.goto("/record");
      await page.getByText("create_issue of github").first().click();
      await page.getByRole("button", { name: "Verify" }).click();
      await expect(page.getByText("Whole: all 73 entries")).toBeVisible();
      await check(page);
    });

    test("paused task: no violations", async ({ page }) => {
      await startTask(page, "limit");
      await expect(page.getByRole("button", { name: "Resume with these limits" })).toBeVisible();
      await check(page);
    });
  });
}

test("signed out: no violations", async ({ page, mock }) => {
  await mock.reset({ signed_out: true });
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "This browser is not signed in" })).toBeVisible();
  await check(page);
});

test("the content is one key away, and everything has a visible focus", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByLabel("What should be done?")).toBeVisible();
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("What should be done?")).toBeFocused();
  await page.keyboard.type("Show me around");
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press("Tab");
    expect(await focusIsVisible(page)).toBe(true);
    if (
      await page
        .getByRole("button", { name: "Start" })
        .evaluate((button) => button === document.activeElement)
    )
      break;
  }
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/tasks\//);
});

test("who wants no motion gets none", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await startTask(page, "Show me around");
  const running = page.locator("[class*=spinner]").first();
  await expect(running).toBeAttached();
  expect(await running.evaluate((element) => getComputedStyle(element).animationIterationCount)).toBe("1");
});

async function check(page: Page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
  );
  expect(found).toEqual([]);
}

function focusIsVisible(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const around = document.activeElement?.closest("form, li, [class]");
    const seen = [document.activeElement, around].some((element) => {
      const style = element && getComputedStyle(element);
      return style && style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
    });
    return seen;
  });
}
