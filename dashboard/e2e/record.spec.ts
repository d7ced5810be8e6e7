import { readFile } from "node:fs/promises";
import { expect, test } from "./support";

test("the record is read page after page, and an entry is opened whole", async ({ page }) => {
  await page.goto("/record");
  const entries = page.getByRole("list", { name: "Entries" }).getByRole("listitem");
  await expect(entries.filter({ has: page.locator("summary") })).toHaveCount(50);
  await expect(entries.first()).toContainText("server.put");
  await expect(entries.first()).toContainText("by dashboard");
  await page.getByRole("button", { name: "Show older entries" }).click();
  await expect(entries.filter({ has: page.locator("summary") })).toHaveCount(73);
  await expect(page.getByRole("button", { name: "Show older entries" })).toHaveCount(0);

  const denied = entries.filter({ hasText: "search_issues of github" }).first();
  await expect(denied).toContainText("deny");
  await denied.locator("summary").click();
  await expect(denied).toContainText("gateway.quarantined");
  await expect(denied.getByLabel(/^entry \d+$/)).toContainText('"point": "tool.call"');
  await denied.getByRole("link", { name: "Explain this decision" }).click();
  await expect(page).toHaveURL(/\/policy\/explain\?decision=/);
});

test("verifying says that it is whole", async ({ page }) => {
  await page.goto("/record");
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByText("Whole: all 73 entries are as written.")).toBeVisible();
});

test("verifying names the first entry that is wrong", async ({ page, mock }) => {
  await mock.reset({ broken: 17 });
  await page.goto("/record");
  await page.getByRole("button", { name: "Verify" }).click();
  await expect(page.getByText("Entry 17 is the first that is wrong.")).toContainText(
    "Its text is not what its hash says.",
  );
});

test("the record is exported as a file", async ({ page }) => {
  await page.goto("/record");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("bailiwick-record.jsonl");
  const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(74);
  expect(JSON.parse(lines.at(-1) ?? "")).toHaveProperty("head");
});
