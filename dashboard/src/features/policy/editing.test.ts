import { describe, expect, it } from "vitest";
import { lineBreak, lineSpan, outdent } from "./editing";

describe("lineBreak", () => {
  it("keeps the indentation and steps in after a bracket", () => {
    expect(lineBreak("\tx", 2)).toBe("\n\t");
    expect(lineBreak("allow if {", 10)).toBe("\n\t");
    expect(lineBreak("a\n\tb if {\n\tc", 9)).toBe("\n\t\t");
    expect(lineBreak("", 0)).toBe("\n");
  });
});

describe("outdent", () => {
  it("takes one step back on an empty line only", () => {
    expect(outdent("x {\n\t\t", 6)).toEqual({ from: 5 });
    expect(outdent("x {\n\ty", 6)).toBeNull();
    expect(outdent("", 0)).toBeNull();
  });
});

describe("lineSpan", () => {
  it("finds lines, and the last one for those beyond", () => {
    const text = "one\ntwo\n";
    expect(lineSpan(text, 1)).toEqual({ from: 0, to: 3 });
    expect(lineSpan(text, 2)).toEqual({ from: 4, to: 7 });
    expect(lineSpan(text, 3)).toEqual({ from: 8, to: 8 });
    expect(lineSpan(text, 9)).toEqual({ from: 8, to: 8 });
  });
});
