import { describe, expect, it } from "vitest";
import { add, begin, edit, hasTests, isChanged, nameError, remove, removed, stateOf, textOf } from "./draft";

const FILES = [
  { path: "a.rego", text: "package a\n" },
  { path: "c.rego", text: "package c\n" },
];
const draft = begin("sha256:1", FILES);

describe("a draft", () => {
  it("begins as the rules in force", () => {
    expect(isChanged(draft)).toBe(false);
    expect(stateOf(draft, "a.rego")).toBe("same");
  });
  it("knows what is different, and what is so no longer", () => {
    const edited = edit(draft, "a.rego", "package b\n");
    expect(stateOf(edited, "a.rego")).toBe("changed");
    expect(isChanged(edited)).toBe(true);
    expect(isChanged(edit(edited, "a.rego", "package a\n"))).toBe(false);
  });
  it("adds in order, removes, and brings back", () => {
    const more = add(draft, "b_test.rego", "");
    expect(more.files.map(({ path }) => path)).toEqual(["a.rego", "b_test.rego", "c.rego"]);
    expect([stateOf(more, "b_test.rego"), hasTests(draft), hasTests(more)]).toEqual(["added", false, true]);
    const less = remove(draft, "a.rego");
    expect([removed(less), isChanged(less), textOf(less, "a.rego")]).toEqual([["a.rego"], true, undefined]);
    expect(isChanged(add(less, "a.rego", "package a\n"))).toBe(false);
  });
  it("takes names that are files of rules", () => {
    expect(nameError(draft, "more/new-1.rego")).toBeUndefined();
    expect(nameError(draft, "a.rego")).toContain("already");
    for (const name of ["", "a", "../a.rego", "/a.rego", "a b.rego", "a/../b.rego"])
      expect(nameError(draft, name)).toContain("A name like");
  });
});
