import { expect, startTask, test } from "./support";

const QUESTION = "May the agent call delete_path?";

test("questions are announced, counted and answered with the keyboard", async ({ page, context }) => {
  const other = await context.newPage();
  await other.goto("/approvals");
  await expect(other.getByText("Nothing waits for you")).toBeVisible();
  await startTask(page, "two questions");

  await other.bringToFront();
  await expect(other.getByTestId("new-questions")).toContainText("may the agent call delete_path?");
  await expect(other).toHaveTitle("(1) Waiting for you · Bailiwick");
  await expect(other.getByRole("link", { name: "Waiting for you 1 waiting" })).toBeVisible();
  const card = other.getByRole("region", { name: QUESTION });
  await expect(card).toContainText("files.delete");
  await expect(other.getByRole("definition").first()).toHaveText("build");

  // A question that has just appeared takes no keys.
  await other.waitForTimeout(800);
  await other.keyboard.press("y");
  await expect(other.getByRole("definition").first()).toHaveText("cache");
  await other.waitForTimeout(800);
  await other.keyboard.press("n");
  await expect(other.getByText("Nothing waits for you")).toBeVisible();
  await expect(other).toHaveTitle("Waiting for you · Bailiwick");

  await page.bringToFront();
  await expect(page.getByRole("button", { name: "approved: show why" })).toBeVisible();
  await expect(page.getByRole("button", { name: "denied by you: show why" })).toBeVisible();
});

test("keys do nothing while a note is typed, and the note reaches the agent", async ({ page }) => {
  await startTask(page, "two questions");
  const card = page.getByRole("region", { name: QUESTION });
  await expect(card).toBeVisible();
  await page.waitForTimeout(800);
  const note = card.getByLabel("Note for the agent");
  await note.pressSequentially("yes, any day");
  await expect(note).toHaveValue("yes, any day");
  await note.fill("keep what I built");
  await card.getByRole("button", { name: "Deny" }).click();
  await expect(page.getByText("You said no: “keep what I built”")).toBeVisible();
});

test("single keys can be switched off", async ({ page }) => {
  await page.goto("/settings");
  await page.getByText("Answer questions with single keys").click();
  await startTask(page, "two questions");
  await expect(page.getByRole("region", { name: QUESTION })).toBeVisible();
  await page.waitForTimeout(800);
  await page.keyboard.press("y");
  await page.waitForTimeout(300);
  await expect(page.getByRole("button", { name: "asks you: show why" })).toBeVisible();
});

test("“always” shows what it covers, becomes a rule, and is taken back", async ({ page }) => {
  await startTask(page, "two questions");
  const card = page.getByRole("region", { name: QUESTION });
  await expect(card).toContainText("Always: delete files and folders inside the workspace");
  await card.getByRole("button", { name: "Always for this task" }).click();
  const about = page.getByLabel("About this task");
  await expect(about.getByText("delete files and folders inside the workspace")).toBeVisible();
  await about.getByRole("button", { name: "Revoke" }).click();
  await expect(about.getByText("Revoked")).toBeVisible();
  await expect(about.getByRole("button", { name: "Revoke" })).toHaveCount(0);
});

test("explain gives the sentences and the whole question", async ({ page }) => {
  await startTask(page, "two questions");
  const card = page.getByRole("region", { name: QUESTION });
  await expect(card).toBeVisible();
  await page.waitForTimeout(800);
  await page.keyboard.press("e");
  await expect(card).toContainText("asks a person before anything is deleted");
  await expect(card.getByLabel("The question that was put to the policy")).toContainText(
    '"point": "tool.call"',
  );
});

test("an answer that came too late says so and harms nothing", async ({ page, mock }) => {
  await startTask(page, "two questions");
  const card = page.getByRole("region", { name: QUESTION });
  await expect(card).toBeVisible();
  const id = await card.getAttribute("data-approval");
  // The page learns of the other answer only by its own.
  await page.route("**/api/v1/approvals?status=pending", (route) => route.abort());
  await page.route("**/events*", (route) => route.abort());
  await mock.drop();
  await fetch(`${mock.url}/api/v1/approvals/${id}`, {
    method: "POST",
    body: JSON.stringify({ answer: "deny", by: "terminal" }),
  });
  await page.unroute("**/api/v1/approvals?status=pending");
  await card.getByRole("button", { name: "Approve" }).click();
  await expect(
    page.getByText("This was answered already, in another window or in the terminal."),
  ).toBeVisible();
});
