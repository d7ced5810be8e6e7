import { describe, expect, it } from "vitest";
import type { CheckReport, Coverage } from "@/api/policy-reports";
import { missed, problems } from "./marks";

describe("marks of lines", () => {
  it("shows the worst problem of a line, and none of other files", () => {
    const problem = (level: "error" | "warning", file: string, line: number) => ({
      level,
      file,
      line,
      column: 1,
      code: "x",
      message: "m",
    });
    const report: CheckReport = {
      problems: [
        problem("error", "a.rego", 3),
        problem("warning", "a.rego", 3),
        problem("warning", "a.rego", 5),
        problem("error", "a.rego", 0),
        problem("error", "b.rego", 1),
      ],
    };
    expect([...problems("a.rego", report)]).toEqual([
      [3, "error"],
      [5, "warning"],
    ]);
    expect(problems("a.rego", undefined).size).toBe(0);
  });
  it("shows every line that no test reached", () => {
    const ranges = [
      { start: { row: 2 }, end: { row: 4 } },
      { start: { row: 9 }, end: { row: 9 } },
    ];
    const report = { files: { "a.rego": { not_covered: ranges } } } as unknown as Coverage;
    expect([...missed("a.rego", report).keys()]).toEqual([2, 3, 4, 9]);
    expect(missed("b.rego", report).size).toBe(0);
  });
});
