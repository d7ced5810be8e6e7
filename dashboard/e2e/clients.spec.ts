import { expect, test } from "./support";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("a token is shown once, copied, and withdrawn", async ({ page }) => {
  await page.goto("/clients");
  await expect(page.getByLabel("command", { exact: true })).toHaveText("bailiwick gateway connect cursor");
  await expect(page.getByLabel("address", { exact: true })).toHaveText(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  await page.getByLabel("Name of the client").fill("cursor");
  await page.getByRole("button", { name: "Make a token" }).click();
  const token = page.getByLabel("token", { exact: true });
  await expect(token).toHaveText(/^bw_mcp_/);
  await token.hover();
  await page.getByRole("button", { name: "Copy token" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^bw_mcp_/);
  await page.getByRole("button", { name: "I have stored it" }).click();
  expect(await page.content()).not.toContain("bw_mcp_");

  const list = page.getByRole("list", { name: "Clients" });
  await expect(list.getByRole("heading", { name: "cursor" })).toBeVisible();
  await page.getByRole("button", { name: "Remove cursor" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw the token" }).click();
  await expect(list.getByRole("heading", { name: "cursor" })).toHaveCount(0);
});

test("the question of a client is shown, counted, linked to and answered", async ({ page, mock }) => {
  await mock.reset({ question: true });
  await page.goto("/approvals");
  await expect(page).toHaveTitle("(1) Waiting for you · Bailiwick");
  await expect(page.getByRole("link", { name: "Waiting for you 1 waiting" })).toBeVisible();
  const card = page.getByRole("listitem").filter({ hasText: "create_issue" });
  await expect(card).toContainText("of github");
  await expect(card).toContainText("asked by cursor\\u{200b}");
  await expect(card).toContainText(/4 min \d+ s left/);
  await expect(card).toContainText("Only admin may approve");
  await expect(card.getByRole("button", { name: "Always for this task" })).toHaveCount(0);

  await card.getByRole("button", { name: "Make a link" }).click();
  await expect(card.getByLabel("link", { exact: true })).toHaveText(/\/approve\//);
  await expect(page.getByText("The link is copied.")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("/approve/");

  await card.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText("Nothing waits for you")).toBeVisible();
});
