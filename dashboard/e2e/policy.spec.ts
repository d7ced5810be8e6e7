import type { Page } from "@playwright/test";
import { expect, test } from "./support";

const editor = (page: Page) => page.getByRole("textbox", { name: /^Rules of / });
const act = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** Begins a draft and types at the end of its first file. */
async function write(page: Page, text: string) {
  await page.goto("/policy");
  await page.getByRole("button", { name: "Write a draft" }).click();
  await editor(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(text);
}

test("the files in force are read, and a link leads to a line", async ({ page, mock }) => {
  await mock.reset({ policy_source: "bundle" });
  await page.goto("/policy?file=labels.rego&line=6");
  await expect(page.getByRole("region", { name: "Rules of labels.rego" })).toContainText("labels.trifecta");
  await page.getByRole("link", { name: "secrets.rego" }).click();
  await expect(page.getByRole("region", { name: "Rules of secrets.rego" })).toContainText("secrets.path");
  await expect(
    page.getByText("the last good rules stay in force: the bundle server answered 503"),
  ).toBeVisible();
  await expect(page.getByText("4812 arrived, 12 waiting, 3 dropped, 0 refused")).toBeVisible();
  await expect(page.getByRole("button", { name: /Put in force again/ }).first()).toBeDisabled();
});

test("a draft is checked, and problems lead to their lines", async ({ page }) => {
  await write(page, "denny contains 1 if {\ninput.a\n}\noops\n");
  await expect(editor(page)).toHaveValue(/denny contains 1 if \{\n\tinput\.a\n\}\noops\n$/);
  await act(page, "Check");
  const problems = page.getByRole("list", { name: "Problems" });
  await expect(problems).toContainText("expected a rule, found `oops`");
  await expect(problems).toContainText("did you mean `deny`?");
  await page.getByRole("button", { name: "labels.rego", exact: true }).click();
  await problems
    .getByRole("button", { name: /^commands\.rego:\d+:1$/ })
    .first()
    .click();
  await expect(editor(page)).toBeFocused();
  const selected = await editor(page).evaluate((area: HTMLTextAreaElement) =>
    area.value.slice(area.selectionStart, area.selectionEnd),
  );
  expect(selected).toBe("oops");
  await page.keyboard.type("# gone");
  await expect(page.getByText("The draft has changed since.")).toBeVisible();
  await act(page, "Check");
  await expect(problems).not.toContainText("oops");

  // What is written stays over a reload and another page.
  await page.reload();
  await expect(editor(page)).toHaveValue(/# gone/);
  await page.getByRole("link", { name: "Files in force" }).click();
  await page.getByRole("link", { name: "Go on with the draft" }).click();
  await expect(editor(page)).toHaveValue(/# gone/);
  await act(page, "Throw away");
  await page.getByRole("dialog").getByRole("button", { name: "Throw it away" }).click();
  await expect(page.getByText("There is no draft")).toBeVisible();
});

test("what was typed is undone by the browser's own undo", async ({ page }) => {
  await write(page, "x {\n");
  await expect(editor(page)).toHaveValue(/x \{\n\t$/);
  await page.keyboard.press("Control+z");
  await expect(editor(page)).not.toHaveValue(/\n\t$/);
});

test("tests run with their coverage", async ({ page }) => {
  await write(page, "# nothing\n");
  await act(page, "Test");
  await expect(page.getByText("1 passed, 0 failed. The tests reach 82.35 % of the lines.")).toBeVisible();
  await page.getByRole("button", { name: "Line 15 of labels.rego" }).click();
  await expect(page.getByRole("textbox", { name: "Rules of labels.rego" })).toBeFocused();
});

test("recorded calls are put to the draft", async ({ page }) => {
  await write(page, "# pushes.main\n");
  await act(page, "Replay");
  await expect(page.getByText("3 of 498 decisions would change: 3 from allow to deny")).toBeVisible();
  const group = page.getByRole("region", { name: "From allow to deny" });
  await group.getByText("run_command of workspace").first().click();
  await expect(group).toContainText("commands.known");
  await expect(group).toContainText("nothing is pushed to main");
  await expect(group).toContainText("/arguments/env was taken out of the record");
  await page.getByRole("button", { name: /Calls/ }).click();
  await page.getByRole("option", { name: "the last 100 calls" }).click();
  await expect(page.getByText("3 of 98 decisions would change")).toBeVisible();
});

test("a draft is compared, refused while its tests fail, and put in force", async ({ page }) => {
  await write(page, "# pushes.main\n");
  await act(page, "Compare");
  await expect(page.getByRole("list", { name: "Rules that differ" })).toContainText(
    "bailiwick.deny: pushes.main",
  );
  await expect(page.getByLabel("Changes of commands.rego")).toContainText("# pushes.main");

  await page.getByLabel("New file").fill("more_test.rego");
  await page.getByRole("button", { name: "Add the file" }).click();
  await editor(page).fill("package bailiwick_test\n\ntest_fails if false\n");
  await act(page, "Put in force");
  await page.getByLabel("Why, for whoever reads the versions later").fill("No pushes to main");
  await page.getByRole("button", { name: "Test it and put it in force" }).click();
  await expect(page.getByRole("alert")).toContainText("The draft fails its own tests");
  await expect(page.getByRole("list", { name: "Tests that failed" })).toContainText("it is undefined");

  await page.getByRole("button", { name: "Remove more_test.rego" }).click();
  await page.getByRole("button", { name: "Test it and put it in force" }).click();
  await expect(page.getByText("The draft is in force for the next call.")).toBeVisible();
  await expect(page).toHaveURL(/\/policy$/);
  const versions = page.getByRole("list", { name: "Versions" });
  await expect(versions.getByRole("listitem").first()).toContainText("No pushes to main");
  await expect(versions.getByRole("listitem").first()).toContainText("in force");
  await expect(page.getByRole("region", { name: "Rules of commands.rego" })).toContainText("# pushes.main");

  await page.getByRole("button", { name: "Put in force again: Pushes need a person" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Put in force" }).click();
  await expect(page.getByText("The version is in force for the next call.")).toBeVisible();
  await expect(versions.getByRole("listitem").filter({ hasText: "Pushes need" })).toContainText("in force");
});

test("files are added under sensible names, removed and brought back", async ({ page }) => {
  await write(page, "");
  await page.getByLabel("New file").fill("../up.rego");
  await page.getByRole("button", { name: "Add the file" }).click();
  await expect(page.getByText("A name like network.rego")).toBeVisible();
  await page.getByRole("button", { name: "secrets_test.rego", exact: true }).click();
  await page.getByRole("button", { name: "Remove secrets_test.rego" }).click();
  await expect(
    page.getByText("The draft has no tests, and without any it cannot be put in force."),
  ).toBeVisible();
  await page.getByRole("button", { name: "Bring back secrets_test.rego" }).click();
  await expect(page.getByText("The draft has no tests")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Put in force" })).toBeDisabled();
});

test("rules from elsewhere are not replaced here", async ({ page, mock }) => {
  await mock.reset({ policy_source: "folder" });
  await write(page, "# x");
  await act(page, "Put in force");
  await expect(page.getByText("so they are changed there")).toBeVisible();
  await expect(page.getByRole("button", { name: "Test it and put it in force" })).toHaveCount(0);
});

test("a recorded decision is explained by rules, lines and values", async ({ page }) => {
  await page.goto("/policy/explain?decision=0190a000-0000-7000-8000-0000000000dd");
  const spoke = page.getByRole("region", { name: "Rules that spoke" });
  await expect(spoke).toContainText("has_both");
  await expect(spoke.getByRole("definition")).toHaveText('"tool.call"');
  await expect(page.getByRole("region", { name: "Rules that did not" })).toContainText(
    "1 of 3 conditions held",
  );
  await expect(page.getByText("far.away_6")).toBeHidden();
  await page.getByText("Show the other 2").click();
  await expect(page.getByText("far.away_6")).toBeVisible();
  await spoke.getByRole("link", { name: "labels.rego:6" }).click();
  await expect(page).toHaveURL(/\/policy\?file=labels\.rego&line=6$/);
  await expect(page.getByRole("region", { name: "Rules of labels.rego" })).toBeVisible();
});

test("an unknown decision says so", async ({ page }) => {
  await page.goto("/policy/explain?decision=nonsense");
  await expect(page.getByRole("alert")).toContainText("There is no such decision.");
});
