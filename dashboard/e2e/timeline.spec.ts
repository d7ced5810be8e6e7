import { expect, startTask, test } from "./support";

test("a whole task is told: text, calls, output, diff, denial, question, result", async ({ page }) => {
  await startTask(page, "Show me around");
  const timeline = page.getByRole("region", { name: "Timeline" });
  await expect(timeline.getByText("First I look at the folder")).toBeVisible();

  const command = timeline.getByRole("listitem").filter({ hasText: "run_command" });
  await expect(command.getByLabel("Output")).toContainText("checking line 2 of 14");
  await expect(command.getByText("exit 1")).toBeVisible();
  await expect(command.getByLabel("Output")).toContainText("the test failed: 1 line differs");

  const edit = timeline.getByRole("listitem").filter({ hasText: "edit_file" });
  await expect(edit.getByLabel("Changes by edit_file")).toContainText("s/$/ cm/");
  await expect(edit.getByText("The arguments were mended: a trailing comma was removed")).toBeVisible();
  await edit.getByRole("button", { name: "Arguments" }).click();
  await expect(page.getByRole("dialog")).toContainText("s/$/ mm/");
  await page.keyboard.press("Escape");

  const denied = timeline.getByRole("listitem").filter({ hasText: "denied by policy" });
  await expect(denied).toContainText(".env is a file that holds secrets");
  await denied.getByRole("button", { name: "denied by policy: show why" }).click();
  await expect(page.getByRole("dialog")).toContainText("files.secrets");
  await expect(page.getByRole("dialog")).toContainText("Decided in 38 µs");
  await expect(page.getByRole("link", { name: "Explain it by its rules" })).toHaveAttribute(
    "href",
    /^\/policy\/explain\?decision=[0-9a-f-]{36}$/,
  );
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Approve" }).click();
  await expect(timeline.getByRole("table")).toContainText("delete build");
  await expect(
    page.getByRole("banner").or(page.locator("header")).getByText("Completed").first(),
  ).toBeVisible();
  // The closing words are those of the last turn and stand there once.
  await expect(timeline.getByText("That was the tour.")).toHaveCount(1);
  await expect(page.getByLabel("About this task").getByText("of $5.00")).toBeVisible();
});

test("a retry of the model is shown while it happens", async ({ page, mock }) => {
  await mock.reset({ pace: 40 });
  await startTask(page, "Show me around");
  await expect(page.getByText("Attempt 2 in 1.2 s: the vendor is overloaded (529)")).toBeVisible();
});

test("a lost connection is taken up again without losing or doubling anything", async ({ page, mock }) => {
  await mock.reset({ pace: 15 });
  await startTask(page, "Show me around");
  await expect(page.getByText("First I look at the folder")).toBeVisible();
  await mock.drop();
  await expect(page.getByRole("button", { name: "Approve" })).toBeVisible({ timeout: 25_000 });
  const timeline = page.getByRole("region", { name: "Timeline" });
  await expect(timeline.getByText("First I look at the folder")).toHaveCount(1);
  await expect(timeline.getByText("The test fails: the table says")).toHaveCount(1);
  await expect(timeline.getByRole("listitem").filter({ hasText: "list_directory" })).toHaveCount(1);
});

test("a reached limit is raised where it is shown", async ({ page }) => {
  await startTask(page, "limit");
  await expect(page.getByRole("region", { name: "Paused" })).toContainText("Raise steps_max to go on");
  await expect(page.getByRole("textbox", { name: "Steps" })).toHaveValue("200");
  await page.getByRole("textbox", { name: "Steps" }).fill("150");
  await page.getByRole("button", { name: "Resume with these limits" }).click();
  await expect(page.getByText("Limits changed: 150 steps, 2M tokens, $5.00, 1 h")).toBeVisible();
  await expect(page.getByText("Finished with the raised limit.")).toBeVisible();
  await expect(page.getByRole("button", { name: /Resume/ })).toHaveCount(0);
});

test("a wrong key leads to the settings, and the task goes on from there", async ({ page }) => {
  await startTask(page, "wrong key");
  await expect(page.getByRole("region", { name: "Paused" })).toContainText(
    "The vendor refused the key (401)",
  );
  await expect(page.getByRole("link", { name: "Model settings" })).toHaveAttribute("href", "/settings");
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("The key works now.")).toBeVisible();
});

for (const [button, outcome] of [
  ["Run it again", "Completed"],
  ["Count as done", "Completed"],
  ["Stop the task", "Cancelled"],
] as const) {
  test(`a call with an unknown outcome: ${button}`, async ({ page }) => {
    await startTask(page, "unknown");
    await expect(page.getByText("nobody knows whether it took effect")).toBeVisible();
    await expect(page.getByLabel("command", { exact: true })).toHaveText("make publish 'DEST=web site'");
    await page.getByRole("button", { name: button }).click();
    await expect(page.getByRole("listitem").filter({ hasText: outcome }).first()).toBeVisible();
  });
}

test("a task is cancelled, and a message takes it up again", async ({ page }) => {
  await startTask(page, "Show me around");
  await expect(page.getByText("First I look")).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("Cancelled by you.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Cancel" })).toHaveCount(0);

  const box = page.getByLabel("Message to the agent");
  await box.fill("One");
  await box.press("Shift+Enter");
  await box.pressSequentially("two");
  await box.press("Enter");
  await expect(page.getByRole("article").filter({ hasText: "One\ntwo" })).toBeVisible();
  await expect(box).toHaveValue("");
  await expect(page.getByText("I am a mock and have nothing to add.").first()).toBeVisible();
});

test("a long timeline opens at its end and scrolls to its beginning", async ({ page }) => {
  await startTask(page, "long");
  await expect(page.getByText("All files are read.")).toBeInViewport();
  const timeline = page.getByRole("region", { name: "Timeline" });
  await timeline.evaluate((element) => element.scrollTo({ top: 0 }));
  await expect(page.getByText("Note 1", { exact: true })).toBeInViewport();
  await page.getByRole("button", { name: "Newest" }).click();
  await expect(page.getByText("All files are read.")).toBeInViewport();
});

test("what a hostile model writes is text and nothing more", async ({ page }) => {
  const strangers: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).hostname !== "127.0.0.1") strangers.push(request.url());
  });
  await startTask(page, "hostile");
  const timeline = page.getByRole("region", { name: "Timeline" });
  await expect(timeline.getByLabel("command", { exact: true })).toHaveText(
    "ls \\u{202e}gnp.exe\\u{202c} # \\u{200b}harmless",
  );
  await expect(timeline.getByText("<script>document.title = 'taken'</script>")).toBeVisible();
  await expect(timeline.getByText("press me")).not.toHaveAttribute("href", /javascript/);
  await expect(timeline.getByRole("link", { name: "a picture" })).toHaveAttribute(
    "rel",
    "noreferrer noopener",
  );
  await expect(timeline.locator("img")).toHaveCount(0);
  await expect(timeline.getByText("ls <b>bold</b>")).toBeVisible();
  await expect(page).toHaveTitle("(1) hostile · Bailiwick");
  expect(strangers).toEqual([]);
});

test("an unknown task is said to be unknown", async ({ page }) => {
  await page.goto("/tasks/00000000-0000-7000-8000-000000000000");
  await expect(page.getByText("There is nothing at this address")).toBeVisible();
});
