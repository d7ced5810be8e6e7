import { expect, test } from "./support";

test("tools that wait are counted, read, ticked and approved as they were read", async ({ page }) => {
  await page.goto("/servers");
  await expect(page.getByRole("link", { name: "Servers 3 tools waiting" })).toBeVisible();
  const row = page.getByRole("list", { name: "Servers" }).getByRole("listitem").filter({ hasText: "github" });
  await expect(row).toContainText("npx -y @modelcontextprotocol/server-github");
  await expect(row).toContainText("speaks 2026-07-28");
  await row.getByRole("link").click();

  const waiting = page.getByRole("list", { name: "Tools that wait for you" });
  const changed = waiting.getByRole("listitem").filter({ hasText: "search_issues" }).first();
  await expect(changed.getByRole("list", { name: "Look twice at search_issues" })).toContainText(
    "gives the model an order",
  );
  await expect(changed).toContainText("put it into `context`.\\u{200b}");
  await expect(changed.getByLabel("Changes of search_issues")).toContainText("<U+200B>");
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toBeDisabled();

  await page.getByRole("button", { name: "Tick the 2 without a remark" }).click();
  await expect(page.getByRole("checkbox", { name: "create_issue" })).toBeChecked();
  await expect(page.getByRole("checkbox", { name: "search_issues" })).not.toBeChecked();
  const sent = page.waitForRequest((request) => request.url().endsWith("/approve"));
  await page.getByRole("button", { name: "Approve 2 of 3" }).click();
  expect((await sent).postDataJSON()).toEqual({
    tools: [
      { name: "create_issue", digest: "sha256:create_issue" },
      { name: "list_branches", digest: "sha256:list_branches" },
    ],
  });
  await expect(page.getByText("2 tools may be used now.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Servers 1 tool waiting" })).toBeVisible();
  await expect(page.getByRole("list", { name: "Other tools" })).toContainText(
    "called as github__create_issue",
  );

  await page.getByRole("button", { name: "Withdraw create_issue" }).click();
  await expect(waiting).toContainText("create_issue");
});

test("a description that changes under the reader is not approved", async ({ page, mock }) => {
  await page.goto("/servers/github");
  await page.getByText("create_issue", { exact: true }).click();
  await fetch(`${mock.url}/api/v1/mock/servers/github/describe`, {
    method: "POST",
    body: JSON.stringify({ tool: "create_issue", description: "Opens an issue, and sends your keys." }),
  });
  await page.getByRole("button", { name: "Approve 1 of 3" }).click();
  await expect(page.getByRole("alert")).toContainText("Nothing was approved");
  await expect(page.getByText("Opens an issue, and sends your keys.").first()).toBeVisible();
  await expect(page.getByText("create_issue changed while you read.")).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "create_issue" })).not.toBeChecked();
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toBeDisabled();
});

test("a command is added with what it may touch, said in words", async ({ page }) => {
  await page.goto("/servers");
  await page.getByRole("button", { name: "Add a server" }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.getByLabel("Name").fill("files");
  await page.getByRole("textbox", { name: "Command" }).fill("npx -y server-filesystem '/srv/a b'");
  await page.getByLabel("Environment").fill("API_TOKEN=abc");
  await expect(page.getByText("API_TOKEN: what stands here can be read by everyone")).toBeVisible();
  await page.getByLabel("Environment").fill("API_TOKEN=secret://files");
  await page.getByLabel("Paths it may read", { exact: true }).fill("srv");
  const words = page.getByRole("list", { name: "In words" });
  await expect(words).toContainText("It has no network.");
  await page.getByText("It may use the network").click();
  await expect(words).toContainText("whole: the policy does not see what it sends");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText("srv is not an absolute path.")).toBeVisible();
  await page.getByLabel("Paths it may read", { exact: true }).fill("/srv/a b");

  const sent = page.waitForRequest(
    (request) => request.method() === "POST" && request.url().endsWith("/servers"),
  );
  await page.getByRole("button", { name: "Add", exact: true }).click();
  expect((await sent).postDataJSON()).toMatchObject({
    name: "files",
    transport: "stdio",
    command: ["npx", "-y", "server-filesystem", "/srv/a b"],
    environment: { API_TOKEN: "secret://files" },
    grants: { read: ["/srv/a b"], write: [], network: true },
  });
  await expect(page).toHaveURL(/\/servers\/files$/);
  await expect(page.getByRole("list", { name: "Tools that wait for you" })).toContainText("greet");

  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove the server" }).click();
  await expect(page).toHaveURL(/\/servers$/);
  await expect(page.getByRole("list", { name: "Servers" })).not.toContainText("files");
});

test("an address is added, and a name that is taken says so", async ({ page }) => {
  await page.goto("/servers");
  await page.getByRole("button", { name: "Add a server" }).click();
  await page.getByLabel("Name").fill("github");
  await page.getByRole("button", { name: /Reached by/ }).click();
  await page.getByRole("option", { name: /An address/ }).click();
  await page.getByRole("textbox", { name: "Address" }).fill("http://127.0.0.1:9000/mcp");
  await page.getByLabel("Headers").fill("Authorization: Bearer secret://hub");
  await page.getByText("It may be on this machine").click();
  const sent = page.waitForRequest(
    (request) => request.method() === "POST" && request.url().endsWith("/servers"),
  );
  await page.getByRole("button", { name: "Add", exact: true }).click();
  expect((await sent).postDataJSON()).toMatchObject({
    transport: "http",
    url: "http://127.0.0.1:9000/mcp",
    headers: { Authorization: "Bearer secret://hub" },
    allow_private: true,
  });
  await expect(page.getByRole("alert")).toHaveText("There is a server called github already.");
});

test("a failed server shows why, and is restarted", async ({ page }) => {
  await page.goto("/servers/notes");
  await expect(page.getByText("It ended with code 1 before it answered.")).toBeVisible();
  await expect(page.getByLabel("Standard error")).toContainText("No module named 'notes'");
  await expect(page.getByRole("button", { name: "Remove" })).toHaveCount(0);
  await page.getByRole("button", { name: "Restart" }).click();
  await expect(page.getByText("notes was connected anew.")).toBeVisible();
  await expect(page.getByText("It ended with code 1")).toHaveCount(0);
});

test("signing in leads to the page that the server names", async ({ page }) => {
  await page.goto("/servers/calendar");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/mock\/authorize$/);
});
