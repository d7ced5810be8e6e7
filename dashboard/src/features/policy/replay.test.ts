import { describe, expect, it } from "vitest";
import type { Changed, Replay } from "@/api/policy-reports";
import { headline } from "./replay";

const none: Replay = { replayed: 0, inexact: 0, unchanged: 0, groups: [], skipped: [] };
const changes = (count: number) => Array.from({ length: count }, () => ({}) as Changed);

describe("headline", () => {
  it("counts what would change", () => {
    const groups = [
      { from: "allow" as const, to: "deny" as const, changes: changes(3) },
      { from: "ask" as const, to: "ask" as const, changes: changes(1) },
    ];
    expect(headline({ ...none, replayed: 500, groups, inexact: 2 })).toBe(
      "4 of 500 decisions would change: 3 from allow to deny, 1 still ask with other obligations; 2 could not be replayed exactly.",
    );
  });
  it("says when nothing would, and when there is nothing", () => {
    expect(headline({ ...none, replayed: 9 })).toBe("None of 9 decisions would change.");
    expect(headline(none)).toBe("No calls are on record yet.");
  });
});
