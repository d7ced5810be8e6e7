import type { CheckReport, Coverage } from "@/api/policy-reports";
import type { Mark, Marks } from "./source";
import type { Reports } from "./use-reports";

/** What the reports that are about these very files say of the lines of one of them. */
export function marksOf(path: string, { check, test, shown, isCurrent }: Reports): Marks {
  if (shown === "test") return isCurrent(test) ? missed(path, test.data) : new Map();
  return isCurrent(check) ? problems(path, check.data) : new Map();
}

/** The worst problem of each line. */
export function problems(path: string, report: CheckReport | undefined): Marks {
  const marks = new Map<number, Mark>();
  for (const { file, line, level } of report?.problems ?? []) {
    if (file === path && line > 0 && marks.get(line) !== "error") marks.set(line, level);
  }
  return marks;
}

/** Lines that no test reached. */
export function missed(path: string, report: Coverage | undefined): Marks {
  const marks = new Map<number, Mark>();
  for (const { start, end } of report?.files[path]?.not_covered ?? []) {
    for (let row = start.row; row <= end.row; row += 1) marks.set(row, "missed");
  }
  return marks;
}
