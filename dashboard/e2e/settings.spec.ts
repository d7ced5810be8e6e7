import { expect, test } from "./support";

test("a key goes in and never comes out", async ({ page }) => {
  await page.goto("/settings");
  const provider = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "openai" }) });
  await expect(provider).toContainText("no key");
  await provider.getByRole("button", { name: "Enter a key" }).click();
  const field = provider.getByLabel("Key of openai");
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute("type", "password");
  const sent = page.waitForRequest((request) => request.method() === "PUT");
  await field.fill("not-a-real-key");
  await page.keyboard.press("Enter");
  expect((await sent).postDataJSON()).toEqual({ key: "not-a-real-key" });
  await expect(provider).toContainText("key stored");
  await expect(field).toHaveCount(0);
  expect(await page.content()).not.toContain("not-a-real-key");

  await provider.getByRole("button", { name: "Remove the key" }).click();
  await expect(provider).toContainText("no key");
});

test("a local provider is added and called", async ({ page }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: "Add a provider" }).click();
  await page.getByLabel("Name").fill("workshop");
  await page.getByLabel("Address").fill("http://127.0.0.1:8080/v1");
  await page.getByRole("button", { name: "Save" }).click();
  const added = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "workshop" }) });
  await expect(added).toContainText("http://127.0.0.1:8080/v1");

  const ollama = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "ollama" }) });
  await ollama.getByRole("button", { name: "Test" }).click();
  await ollama.getByRole("button", { name: "Call it" }).click();
  await expect(ollama.getByRole("status")).toContainText("ollama/qwen3 answered. (412 ms)");

  const anthropic = page
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", { name: "anthropic" }) });
  await anthropic.getByRole("button", { name: "Test" }).click();
  await anthropic.getByRole("button", { name: "Call it" }).click();
  await expect(anthropic.getByRole("status")).toContainText("The vendor refused the key (401)");
});

test("the default model of new tasks is chosen", async ({ page }) => {
  await page.goto("/settings");
  await page.getByRole("button", { name: /Default model/ }).click();
  await page.getByRole("option", { name: "ollama/qwen3" }).click();
  await expect(page.getByText("New tasks use ollama/qwen3")).toBeVisible();
  await page.goto("/");
  await expect(page.getByRole("button", { name: /Model/ })).toContainText("ollama/qwen3");
});
