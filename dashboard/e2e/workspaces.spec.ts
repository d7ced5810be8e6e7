import { expect, test } from "./support";

test("files are found, read and left again", async ({ page }) => {
  await page.goto("/workspaces");
  await page.getByRole("link", { name: /tide-table/ }).click();
  const folder = page.getByRole("region", { name: "Folder" });
  const file = page.getByRole("region", { name: "File" });
  await folder.getByRole("link", { name: "tide.sed" }).click();
  await expect(file.getByLabel("Content of tide.sed")).toContainText("s/^59 /line 59: /");
  await expect(file).toContainText("1.1 kB");

  await folder.getByRole("link", { name: /data/ }).click();
  await folder.getByRole("link", { name: "gauge.png" }).click();
  await expect(file.getByRole("img", { name: "data/gauge.png" })).toBeVisible();
  await folder.getByRole("link", { name: "gauge.bin" }).click();
  await expect(file.getByText("Not a text")).toBeVisible();
  await page.goBack();
  await expect(file.getByRole("img", { name: "data/gauge.png" })).toBeVisible();
  await page.getByRole("navigation", { name: "Folders" }).getByRole("link", { name: "tide-table" }).click();
  await expect(folder.getByRole("link", { name: "README.md" })).toBeVisible();

  await page.getByRole("link", { name: "Task here" }).click();
  await expect(page.getByRole("combobox", { name: "Workspace" })).toHaveValue(
    "/home/ada/projects/tide-table",
  );
});

test("a folder is added, and one that cannot be says why", async ({ page }) => {
  await page.goto("/workspaces");
  await page.getByLabel("Add a folder").fill("/nowhere");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("alert")).toHaveText("/nowhere is not an existing folder.");
  await page.getByLabel("Add a folder").fill("/home/ada/new");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page).toHaveURL(/\/workspaces\/.+/);
});

test("a missing file is an error in words", async ({ page }) => {
  await page.goto("/workspaces/0190a000-0000-7000-8000-000000000001?file=gone.txt");
  await expect(page.getByRole("alert")).toContainText("There is no file gone.txt in this workspace.");
});
