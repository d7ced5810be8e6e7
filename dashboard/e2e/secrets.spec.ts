import { expect, test } from "./support";

test("a secret goes in and never comes out", async ({ page }) => {
  await page.goto("/secrets");
  const list = page.getByRole("list", { name: "Secrets" });
  await expect(list).toContainText("Sent to api.github.com only");
  await expect(page.getByLabel("Value")).toHaveAttribute("type", "password");
  await page.getByLabel("Name").fill("deploy");
  await page.getByLabel("Value").fill("not-a-real-value");
  await page.getByLabel("Hosts it may be sent to").fill("a.example, b.example");
  const sent = page.waitForRequest((request) => request.method() === "PUT");
  await page.keyboard.press("Enter");
  expect((await sent).postDataJSON()).toEqual({
    value: "not-a-real-value",
    hosts: ["a.example", "b.example"],
  });
  await expect(list).toContainText("secret://deploy");
  await expect(page.getByLabel("Value")).toHaveValue("");
  expect(await page.content()).not.toContain("not-a-real-value");
});

test("a value is replaced, and a refused name says why", async ({ page }) => {
  await page.goto("/secrets");
  await page.getByRole("button", { name: "Replace github-token" }).click();
  await expect(page.getByLabel("Value")).toBeFocused();
  await expect(page.getByLabel("Name")).toHaveValue("github-token");
  await page.getByLabel("Value").fill("another");
  await page.getByRole("button", { name: "Replace the value" }).click();
  await expect(page.getByText("secret://github-token is stored.")).toBeVisible();

  await page.getByLabel("Name").fill("Two words");
  await page.getByLabel("Value").fill("x");
  await page.getByRole("button", { name: "Store" }).click();
  await expect(page.getByRole("alert")).toContainText("A secret is named with");
});

test("removing one says who will miss it", async ({ page }) => {
  await page.goto("/secrets");
  await page.getByRole("button", { name: "Remove github-token" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("github will fail at the next start or request");
  await dialog.getByRole("button", { name: "Remove the secret" }).click();
  await expect(page.getByRole("list", { name: "Secrets" })).not.toContainText("github-token");
});
