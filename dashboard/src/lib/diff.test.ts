import { describe, expect, it } from "vitest";
import { parseDiff } from "./diff";

describe("parseDiff", () => {
  it("numbers the lines of both sides", () => {
    const diff = parseDiff("--- a/f\n+++ b/f\n@@ -3,3 +3,4 @@\n one\n-two\n+2\n+2b\n three\n");
    expect(diff).toMatchObject({ added: 2, removed: 1 });
    expect(diff.lines).toEqual([
      { kind: "hunk", text: "@@ -3,3 +3,4 @@" },
      { kind: "context", text: "one", old: 3, new: 3 },
      { kind: "removed", text: "two", old: 4 },
      { kind: "added", text: "2", new: 4 },
      { kind: "added", text: "2b", new: 5 },
      { kind: "context", text: "three", old: 5, new: 6 },
    ]);
  });

  it("takes lines that look like headers for what they are inside a hunk", () => {
    const diff = parseDiff("--- a/f\n+++ b/f\n@@ -1 +1 @@\n--- old rule\n+++ new rule\n");
    expect(diff.lines.slice(1)).toEqual([
      { kind: "removed", text: "-- old rule", old: 1 },
      { kind: "added", text: "++ new rule", new: 1 },
    ]);
  });

  it("shows the remark at the end of a diff that was cut, and missing newlines", () => {
    const diff = parseDiff(
      "@@ -1,9 +1,9 @@\n-a\n\\ No newline at end of file\n[120 bytes of the diff are left out: `result_bytes_max`]\n",
    );
    expect(diff.lines.slice(2)).toEqual([
      { kind: "remark", text: "No newline at end of file" },
      { kind: "remark", text: "[120 bytes of the diff are left out: `result_bytes_max`]" },
    ]);
  });

  it("has nothing to say of an empty text", () => {
    expect(parseDiff("")).toEqual({ lines: [], added: 0, removed: 0 });
  });
});
