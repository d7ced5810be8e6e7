import { expect, test } from "./support";

test("a browser that is not signed in learns how to be", async ({ page, mock }) => {
  await mock.reset({ signed_out: true });
  await page.goto("/tasks/00000000-0000-7000-8000-000000000000");
  await expect(page.getByRole("heading", { name: "This browser is not signed in" })).toBeVisible();
  await expect(page.getByText("bailiwick sign-in")).toBeVisible();
  await mock.reset();
  await page.getByRole("button", { name: "I have signed in" }).click();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
});

test("a session that ends while the page is open is noticed", async ({ page, mock }) => {
  await page.goto("/approvals");
  await expect(page.getByText("Nothing waits for you")).toBeVisible();
  await mock.reset({ signed_out: true });
  await expect(page.getByRole("heading", { name: "This browser is not signed in" })).toBeVisible();
});

test("a browser is signed out", async ({ page }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: "Sign out this browser" }).click();
  await expect(page.getByRole("heading", { name: "This browser is not signed in" })).toBeVisible();
});

test("a server that is gone is noticed, and so is its return", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("list", { name: "Tasks" })).toBeVisible();
  await page.route("**/api/v1/**", (route) => route.abort());
  await page.reload();
  await expect(page.getByText("Bailiwick does not answer.").first()).toBeVisible();
  await page.unroute("**/api/v1/**");
  await expect(page.getByText("Bailiwick does not answer.")).toHaveCount(0, { timeout: 20_000 });
});
