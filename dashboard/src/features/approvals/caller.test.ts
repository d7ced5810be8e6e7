import { describe, expect, it } from "vitest";
import type { Approval } from "@/api/types";
import { caller, timeLeft } from "./caller";

describe("caller", () => {
  const of = (key: string) => ({ binding: { caller: key } }) as Approval;
  it("prefers what the client calls itself, with nothing hidden in it", () => {
    expect(caller(of("client:session:1"), { session: { client: "cursor\u200b" } })).toBe("cursor\\u{200b}");
  });
  it("makes do without a name", () => {
    expect(caller(of("client:session:1"))).toBe("an MCP client");
    expect(caller(of("client:session:1"), { session: { client: "" } })).toBe("an MCP client");
    expect(caller(of("principal:1"), null)).toBe("somebody with access");
  });
});

describe("timeLeft", () => {
  const now = Date.parse("2026-11-20T10:00:00Z");
  const left = (seconds: number) => timeLeft(new Date(now + seconds * 1_000).toISOString(), now);
  it("says what a person needs to know", () => {
    expect([0, -5, 1, 59, 60, 250, 3_600, 7_300].map(left)).toEqual([
      "expired",
      "expired",
      "1 s left",
      "59 s left",
      "1 min 0 s left",
      "4 min 10 s left",
      "60 min left",
      "2 h left",
    ]);
  });
  it("says nothing when there is no end", () => expect(timeLeft(null, now)).toBeNull());
});
