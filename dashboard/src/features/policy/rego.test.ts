import { describe, expect, it } from "vitest";
import { tokens } from "./rego";

const of = (text: string) => tokens(text).map(({ kind, text }) => `${kind}:${text}`);

describe("tokens", () => {
  it("colours what a reader looks for", () => {
    expect(of('deny contains "a\\"b" if { # why\n\tx > 1.5 }')).toEqual([
      "plain:deny ",
      "keyword:contains",
      "plain: ",
      'string:"a\\"b"',
      "plain: ",
      "keyword:if",
      "plain: { ",
      "comment:# why",
      "plain:\n\tx > ",
      "number:1.5",
      "plain: }",
    ]);
  });
  it("takes members and names for what they are", () => {
    expect(of("input.default some_1")).toEqual(["plain:input.default some_1"]);
  });
  it("keeps every character, whatever the text", () => {
    for (const text of ["", '"open', "`raw\nover lines", "x#", "\\", "é ← \u202e", "a\"b'c`d#e"]) {
      expect(
        tokens(text)
          .map((token) => token.text)
          .join(""),
      ).toBe(text);
    }
  });
});
