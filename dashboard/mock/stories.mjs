import { reason } from "./task.mjs";

/** Which story a prompt asks for; without a word of its own, the tour. */
export function choose(prompt) {
  const stories = {
    limit,
    unknown,
    "wrong key": wrongKey,
    long,
    stream,
    hostile,
    "two questions": twoQuestions,
  };
  const word = Object.keys(stories).find((known) => prompt.toLowerCase().includes(known));
  return word ? stories[word] : tour;
}

const text = (said, structuredContent) => ({
  content: [{ type: "text", text: said }],
  structuredContent,
  isError: false,
});

const DIFF = `--- a/tide.sed
+++ b/tide.sed
@@ -1,5 +1,5 @@
 # Turns the gauge's readings into the table.
-# TODO: is this really millimetres?
-s/$/ mm/
+# Checked with the harbour master.
+s/$/ cm/
 s/^/high water: /
 1i Tide table
`;

const DELETES = [reason("ask", "files.delete", "deletes `build` and everything in it")];
const ALWAYS = {
  server: "workspace",
  tool: "delete_path",
  rules: ["files.delete"],
  description: "delete files and folders inside the workspace",
};

async function tour(task) {
  await task.say(
    "Hello. I am a **mock** of the scripted guide: nothing here is real.\n\nFirst I look at the folder and its README, both at once.",
    {
      reasoning: "The person wants a tour. I should begin with what is in the folder, then read the README.",
    },
  );
  await task.call("list_directory", { path: "." }, text("README.md\nbuild/\ndata/\ntests/\ntide.sed\n"));
  await task.call("read_file", { path: "README.md" }, text("# Tide table\n\nA small table with a test.\n"), {
    tookMs: 4,
  });
  await task.say(
    "The README says that this is a small tide table with a test. I read the script and run the test:\n\n```sh\nsed -f tide.sed data/heights.txt | diff - tests/expected.txt\n```",
    { retries: 1 },
  );
  const output = Array.from({ length: 14 }, (_, line) => `checking line ${line + 1} of 14\n`);
  await task.call(
    "run_command",
    { shell: "sed -f tide.sed data/heights.txt | diff - tests/expected.txt" },
    text("exit code 1", {
      exit_code: 1,
      stdout: `${output.join("")}3c3\n< high water: 412 mm\n`,
      stderr: "the test failed: 1 line differs\n",
      timed_out: false,
    }),
    {
      output,
      tookMs: 1_840,
      reasons: [reason("allow", "commands.known", "`sed` and `diff` are known commands")],
    },
  );
  await task.say("The test fails: the table says *mm* where the harbour master says *cm*. I mend it.");
  await task.call(
    "edit_file",
    { path: "tide.sed", old_text: "s/$/ mm/", new_text: "s/$/ cm/" },
    text("Edited tide.sed: 1 replacement.", { path: "tide.sed", replacements: 1, diff: DIFF }),
    { extra: { repaired: "a trailing comma was removed" } },
  );
  await task.say("Now something I should not do: I try to read `.env`.");
  await task.deny("read_file", { path: ".env" }, [
    reason("deny", "files.secrets", "`.env` is a file that holds secrets"),
  ]);
  await task.say("Denied, as it should be. Last, I want to delete `build`.");
  const call = task.propose("delete_path", { path: "build", recursive: true });
  const approval = await task.ask(call, { reasons: DELETES, always: ALWAYS });
  if (approval.answer === "approve") {
    await task.perform(
      call,
      text("Deleted build: 2 files, 1 folder.", { path: "build", files_deleted: 2, folders_deleted: 1 }),
    );
  }
  const came = approval.answer === "approve" ? "done" : "denied";
  const closing = `That was the tour.\n\n| what | came of it |\n| --- | --- |\n| run the test | done, and it failed |\n| mend \`tide.sed\` | done |\n| read \`.env\` | denied |\n| delete \`build\` | ${came} |\n\nSee [the documentation](https://example.com/) for more.`;
  await task.say(closing);
  task.end("completed", closing);
}

async function twoQuestions(task) {
  await task.say("I have two questions.");
  for (const path of ["build", "cache"]) {
    const call = task.propose("delete_path", { path, recursive: true });
    const approval = await task.ask(call, {
      reasons: [reason("ask", "files.delete", `deletes \`${path}\``)],
      always: ALWAYS,
    });
    if (approval.answer === "approve") await task.perform(call, text(`Deleted ${path}.`));
  }
  task.end("completed", "Both are answered.");
}

async function limit(task) {
  await task.say("This will take many steps.");
  await task.halt(
    {
      kind: "limit",
      limit: "steps",
      used: task.summary.limits.steps_max,
      max: task.summary.limits.steps_max,
    },
    `The limit of ${task.summary.limits.steps_max} steps is reached. Raise steps_max to go on.`,
  );
  await task.say("Thank you. There was not much left to do.");
  task.end("completed", "Finished with the raised limit.");
}

async function wrongKey(task) {
  const message =
    "The vendor refused the key (401). Enter another in the settings, or set ANTHROPIC_API_KEY.";
  await task.halt({ kind: "model", error: { kind: "wrong_key", message } }, message);
  await task.say("The key works now.");
  task.end("completed", "Finished.");
}

async function unknown(task) {
  await task.say("I publish the page.");
  const call = task.propose("run_command", { argv: ["make", "publish", "DEST=web site"] });
  task.decide(call, "allow", [reason("allow", "commands.known", "`make` is a known command")]);
  task.append({ type: "tool_call_started", call_id: call.call_id, safe_to_repeat: false });
  await task.pause(4);
  const approval = await task.ask(call, { reasons: [], kind: "outcome_unknown" });
  if (approval.answer === "stop")
    return task.end("cancelled", "Stopped, because the outcome of a call is unknown.");
  if (approval.answer === "retry")
    await task.perform(call, text("published", { exit_code: 0, stdout: "published\n", stderr: "" }));
  else
    task.append({
      type: "tool_call_finished",
      call_id: call.call_id,
      outcome: text("Counted as done."),
      end: "counted_as_done",
      took_ms: 0,
    });
  task.end("completed", "Published.");
}

async function stream(task) {
  const paragraph =
    "Every call passes the policy before it may run, and what was decided is written down **before** anything happens. ";
  const list = Array.from(
    { length: 6 },
    (_, index) => `${index + 1}. step ${index + 1} with \`code\` and some words to fill the line`,
  ).join("\n");
  const code = '```rust\nfn main() {\n    println!("hello");\n}\n```';
  for (let round = 0; round < 3; round += 1) {
    await task.say(
      `## Part ${round + 1}\n\n${paragraph.repeat(4)}\n\n${list}\n\n${code}\n\n${paragraph.repeat(3)}`,
    );
    const output = Array.from({ length: 30 }, (_, line) => `line ${line + 1}\n`);
    await task.call(
      "run_command",
      { argv: ["make", "test"] },
      text("ok", { exit_code: 0, stdout: output.join(""), stderr: "" }),
      { output },
    );
  }
  task.end("completed", "That was a lot of text.");
}

async function long(task) {
  for (let step = 1; step <= 300; step += 1) {
    task.append({ type: "note", text: `Note ${step}` });
    const call = task.propose("read_file", { path: `src/file_${step}.rs` });
    task.decide(call, "allow", []);
    task.append({ type: "tool_call_started", call_id: call.call_id, safe_to_repeat: true });
    task.append({
      type: "tool_call_finished",
      call_id: call.call_id,
      outcome: text(`fn f${step}() {}\n`),
      end: "completed",
      took_ms: 3,
    });
  }
  task.end("completed", "All files are read.");
}

/** What a model under somebody else's influence might write. */
async function hostile(task) {
  await task.say(
    "<script>document.title = 'taken'</script> <img src=x onerror=\"document.title='taken'\">\n\n[press me](javascript:document.title='taken') ![a picture](https://example.com/who-reads.png)",
  );
  const call = task.propose("run_command", { shell: "ls \u202egnp.exe\u202c # \u200bharmless" });
  await task.ask(call, {
    reasons: [reason("ask", "commands.unknown", "`ls <b>bold</b>` is not on the list")],
  });
  task.end("completed", "Done.");
}
