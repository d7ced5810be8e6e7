// What the engine would say, as far as the pages need it: a line with `oops` is wrong, a `test_fails` rule fails.

export function check(files) {
  const problems = [];
  for (const { path, text } of files) {
    text.split("\n").forEach((line, index) => {
      const place = { file: path, line: index + 1, column: Math.max(1, line.search(/\S/) + 1) };
      if (/\boops\b/.test(line))
        problems.push({ level: "error", code: "parse", ...place, message: "expected a rule, found `oops`" });
      if (/\bdenny\b/.test(line))
        problems.push({
          level: "warning",
          code: "unknown-set",
          ...place,
          message: "nobody asks for `denny`",
          help: "did you mean `deny`?",
        });
    });
  }
  return { problems: problems.sort((a, b) => (a.level < b.level ? -1 : 1)) };
}

export function test(files) {
  const names = files
    .filter(({ path }) => path.endsWith("_test.rego"))
    .flatMap(({ text }) => [...text.matchAll(/^(test_\w+)/gm)].map(([, name]) => `bailiwick_test.${name}`));
  const failing = (name) => name.includes("fails");
  const rules = files.filter(({ path }) => !path.endsWith("_test.rego"));
  const file = ({ text }) => {
    const lines = text.split("\n").length;
    const missed = Math.min(3, lines - 1);
    const row = lines - missed;
    return {
      covered: [{ start: { row: 3 }, end: { row: row - 1 } }],
      not_covered: [{ start: { row }, end: { row: lines - 1 } }],
      covered_lines: row - 3,
      not_covered_lines: missed,
      coverage: 82.35,
    };
  };
  return {
    files: Object.fromEntries(rules.map((one) => [one.path, file(one)])),
    covered_lines: 42,
    not_covered_lines: 9,
    coverage: 82.35,
    tests: {
      passed: names.filter((name) => !failing(name)),
      failed: names.filter(failing).map((name) => `${name}: it is undefined`),
    },
  };
}

export function diff(before, after) {
  const old = new Map(before.map((file) => [file.path, file.text]));
  const rules = { added: [], removed: [], changed: [] };
  const files = [];
  for (const { path, text } of after.filter((file) => !file.path.endsWith("_test.rego"))) {
    if (old.get(path) === text) continue;
    files.push({
      path,
      change: old.has(path) ? "changed" : "added",
      lines: lines(path, old.get(path) ?? "", text),
    });
    const kind = old.has(path) ? "changed" : "added";
    rules[kind].push({ name: "bailiwick.deny: pushes.main", file: path, line: 3 });
  }
  return { rules, files };
}

/** Not the smallest difference, but a right one. */
function lines(path, before, after) {
  const [left, right] = [before, after].map((text) =>
    text === "" ? [] : text.replace(/\n$/, "").split("\n"),
  );
  const head = `--- a/${path}\n+++ b/${path}\n@@ -1,${left.length} +1,${right.length} @@\n`;
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const part = (sign, texts) => texts.map((text) => `${sign}${text}\n`).join("");
  return head + part(" ", left.slice(0, same)) + part("-", left.slice(same)) + part("+", right.slice(same));
}
