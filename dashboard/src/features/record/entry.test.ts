import { describe, expect, it } from "vitest";
import type { RecordEntry } from "@/api/types";
import { tell } from "./entry";

const entry = (kind: string, body: unknown) =>
  ({ seq: 1, at: "2026-11-20T10:00:00Z", kind, body, hash: "00" }) as RecordEntry;

describe("tell", () => {
  it("reads a decision", () => {
    const reasons = [{ verdict: "deny", rule: "secrets.path", message: "no" }];
    const body = {
      decision: { id: "d", point: "tool.call", verdict: "deny", reasons },
      task_id: null,
      server: "github",
      tool: "search\u202e",
    };
    expect(tell(entry("decision", body))).toEqual({
      what: "tool.call",
      subject: "search\\u{202e} of github",
      verdict: "deny",
      reasons,
      decisionId: "d",
      taskId: undefined,
    });
  });
  it("reads what a person did", () => {
    expect(tell(entry("server.put", { by: "dashboard", subject: "github", detail: {} }))).toMatchObject({
      what: "server.put",
      subject: "github",
      by: "dashboard",
    });
  });
  it("names the tools that were approved or withdrawn", () => {
    const of = (detail: unknown) =>
      tell(entry("pin.set", { by: "dashboard", subject: "github", detail })).subject;
    expect(
      of({
        tools: [
          { tool: "a", digest: "1" },
          { tool: "b", digest: "2" },
        ],
      }),
    ).toBe("a, b of github");
    expect(of({ tool: "a", removed: 1 })).toBe("a of github");
    expect(of({ tools: [] })).toBe("github");
  });
  it("takes entries of other times for what they are", () => {
    for (const body of [
      null,
      "text",
      3,
      [],
      { decision: 7 },
      { decision: { verdict: "maybe", reasons: [1] } },
    ]) {
      expect(tell(entry("decision", body))).toMatchObject({ what: "decision", subject: "", reasons: [] });
    }
  });
});
