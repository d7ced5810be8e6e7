import { describe, expect, it } from "vitest";
import { join, parentOf, parents } from "./paths";

describe("paths", () => {
  it("lists the folders on the way", () => {
    expect(parents("")).toEqual([{ path: "", name: "" }]);
    expect(parents("src/app")).toEqual([
      { path: "", name: "" },
      { path: "src", name: "src" },
      { path: "src/app", name: "app" },
    ]);
  });
  it("joins and goes up", () => {
    expect([join("", "a"), join("a/b", "c"), parentOf("a/b/c"), parentOf("a")]).toEqual([
      "a",
      "a/b/c",
      "a/b",
      "",
    ]);
  });
});
