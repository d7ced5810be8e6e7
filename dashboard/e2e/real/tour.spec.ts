import { type BrowserContext, expect, type Page, test } from "@playwright/test";

/**
 * The tour of the scripted guide through the dashboard of a real Bailiwick. `run.sh` beside this file starts one;
 * by hand, BAILIWICK_SIGN_IN_URL is the link that `bailiwick sign-in` prints.
 */
const artefacts =
  process.env.BAILIWICK_TEST_ARTEFACTS ?? new URL("../../test-artefacts", import.meta.url).pathname;

test.describe.configure({ mode: "serial" });

let context: BrowserContext;
let page: Page;

test.beforeAll(async ({ browser }) => {
  const link = process.env.BAILIWICK_SIGN_IN_URL;
  if (!link)
    throw new Error("BAILIWICK_SIGN_IN_URL is not set: run e2e/real/run.sh, or set it to a sign-in link");
  context = await browser.newContext({
    baseURL: new URL(link).origin,
    viewport: { width: 1280, height: 860 },
  });
  page = await context.newPage();
  await page.goto(link);
});

test.afterAll(async () => {
  await context?.close();
});

test("the link signs in, once", async ({ browser }) => {
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByLabel("What should be done?")).toBeVisible();
  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  const again = await other.goto(process.env.BAILIWICK_SIGN_IN_URL ?? "");
  expect(again?.status()).toBe(401);
  await other.goto(new URL("/", page.url()).href);
  await expect(other.getByRole("heading", { name: "This browser is not signed in" })).toBeVisible();
  await stranger.close();
});

test("the tour asks before it deletes, is denied the secret, and ends with a summary", async () => {
  const problems = listen(page);
  await start("show me around");
  const timeline = page.getByRole("region", { name: "Timeline" });
  await expect(timeline.getByText("I am demo, a scripted guide")).toBeVisible();
  await shot("streaming");

  const approve = page.getByRole("button", { name: "Approve" });
  await expect(approve).toBeVisible();
  await expect(page).toHaveTitle(/^\(1\) /);
  await expect(
    timeline.getByRole("listitem").filter({ hasText: ".env" }).filter({ hasText: "denied by policy" }),
  ).toBeVisible();
  const edit = timeline.getByRole("listitem").filter({ hasText: "edit_file" });
  await expect(edit.getByLabel("Changes by edit_file")).toContainText("cm");
  await shot("question");

  await page.getByRole("button", { name: "Explain" }).click();
  await expect(page.getByLabel("The question that was put to the policy")).toContainText("delete_path");
  await approve.click();
  await expect(status("Completed")).toBeVisible();
  await expect(timeline.getByText("That was the tour.")).toBeVisible();
  await expect(timeline.getByText(/delete `?build`?: done/)).toBeVisible();
  await expect(timeline.getByRole("button", { name: "approved: show why" })).toBeVisible();
  await shot("finished");
  expect(problems).toEqual([]);
});

test("everything is there again after a reload, and the workspace shows what was done", async () => {
  await page.reload();
  const timeline = page.getByRole("region", { name: "Timeline" });
  await expect(timeline.getByText("That was the tour.")).toBeVisible();
  await expect(timeline.getByRole("button", { name: "denied by policy: show why" })).toHaveCount(1);
  await page.getByLabel("About this task").getByRole("link").first().click();
  await page.getByRole("link", { name: "NOTES.md" }).click();
  await expect(page.getByLabel("Content of NOTES.md")).toContainText("Notes of the tour");
  await expect(page.getByRole("link", { name: /^(Folder )?build$/ })).toHaveCount(0);
  await shot("workspace");
});

test("a denied deletion does not happen", async () => {
  await page.goto("/");
  await start("show me around again");
  await page.getByLabel("Note for the agent").fill("I want to keep it");
  await page.getByRole("button", { name: "Deny", exact: false }).click();
  await expect(status("Completed")).toBeVisible();
  await expect(page.getByText("You said no: “I want to keep it”")).toBeVisible();
  await page.getByLabel("About this task").getByRole("link").first().click();
  await expect(page.getByRole("link", { name: "build" })).toBeVisible();
});

test("the list finds both tasks, on a phone and in the dark as well", async () => {
  await page.goto("/?q=show+me");
  await expect(page.getByRole("list", { name: "Tasks" }).getByRole("listitem")).toHaveCount(2);
  await shot("list");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole("link", { name: /show me around again/ }).click();
  await expect(page.getByText("You said no")).toBeAttached();
  await shot("phone-dark");
});

async function start(prompt: string) {
  await page.getByLabel("What should be done?").fill(prompt);
  const model = page.getByRole("button", { name: /Model/ });
  if (!(await model.textContent())?.includes("demo")) {
    await model.click();
    await page.getByRole("option", { name: "demo" }).click();
  }
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page).toHaveURL(/\/tasks\//);
}

const status = (name: string) => page.locator("header").getByText(name, { exact: true }).first();

const shot = (name: string) => page.screenshot({ path: `${artefacts}/dashboard/tour-${name}.png` });

/** What the page says on the console that it should not, breaches of the CSP among it. */
function listen(of: Page): string[] {
  const problems: string[] = [];
  of.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  of.on("pageerror", (error) => problems.push(String(error)));
  return problems;
}
