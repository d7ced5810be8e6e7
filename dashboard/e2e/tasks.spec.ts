import { expect, startTask, test } from "./support";

test("a task starts with the model, folder and limits that were chosen", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByPlaceholder("A fresh sample folder")).toBeVisible();

  await page.getByRole("button", { name: /Model/ }).click();
  const notReady = page.getByRole("option", { name: "openai/gpt-large" });
  await expect(notReady).toBeDisabled();
  await expect(notReady).toContainText("No key: enter one in the settings");
  await page.getByRole("option", { name: "ollama/qwen3" }).click();
  await expect(page.getByRole("combobox", { name: "Workspace" })).toHaveValue(
    "/home/ada/projects/tide-table",
  );

  await page.getByRole("button", { name: "Known workspaces" }).click();
  await page.getByRole("option", { name: "/home/ada/projects/harbour-website" }).click();

  await page.getByRole("button", { name: "Limits" }).click();
  await page.getByLabel("Steps").fill("zero");
  await expect(page.getByText("Steps: enter a number above 0.")).toBeVisible();
  await page.getByLabel("Steps").fill("7");
  await page.getByLabel("Cost, US dollars").fill("0.5");

  const sent = page.waitForRequest(
    (request) => request.method() === "POST" && request.url().endsWith("/tasks"),
  );
  await page.getByLabel("What should be done?").fill("Count the boats");
  await page.keyboard.press("Control+Enter");
  expect((await sent).postDataJSON()).toEqual({
    prompt: "Count the boats",
    workspace: "/home/ada/projects/harbour-website",
    model: "ollama/qwen3",
    limits: { steps_max: 7, cost_max: 500_000 },
  });
  await expect(page.getByRole("heading", { name: "Count the boats" })).toBeVisible();
  await expect(page.getByRole("meter", { name: "Steps" })).toHaveAttribute("aria-valuemax", "7");
});

test("a refused task says why and keeps what was typed", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("What should be done?").fill("Count the boats");
  await page.getByRole("combobox", { name: "Workspace" }).fill("not/absolute");
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("alert")).toHaveText("not/absolute is not an absolute path.");
  await expect(page.getByLabel("What should be done?")).toHaveValue("Count the boats");
});

test("the list is searched, filtered and paged, and the address remembers how", async ({ page, mock }) => {
  await mock.reset({ tasks: 35 });
  await page.goto("/");
  const rows = page.getByRole("list", { name: "Tasks" }).getByRole("listitem");
  await expect(rows).toHaveCount(30);
  await page.getByRole("button", { name: "Show older tasks" }).click();
  await expect(rows).toHaveCount(35);

  await page.getByRole("searchbox").fill("changelog");
  await expect(page).toHaveURL(/q=changelog/);
  await expect(rows).toHaveCount(8);
  await page.getByRole("button", { name: /Status/ }).click();
  await page.getByRole("option", { name: "Running" }).click();
  await expect(page.getByText("No task fits")).toBeVisible();

  await page.reload();
  await expect(page.getByRole("searchbox")).toHaveValue("changelog");
  await expect(page.getByText("No task fits")).toBeVisible();
});

test("without tasks the page says how to begin", async ({ page, mock }) => {
  await mock.reset({ tasks: 0 });
  await page.goto("/");
  await expect(page.getByText("No tasks yet")).toBeVisible();
});

test("the list follows what tasks do", async ({ page, context }) => {
  await startTask(page, "two questions");
  const list = await context.newPage();
  await list.goto("/");
  const row = list.getByRole("listitem").filter({ hasText: "two questions" });
  await expect(row).toContainText("Waiting for you");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(row).toContainText("Cancelled");
});
