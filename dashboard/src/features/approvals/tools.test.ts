import { describe, expect, it } from "vitest";
import { commandLine, summary } from "./tools";

describe("summary", () => {
  it("prefers what tells calls apart", () => {
    expect(summary({ limit: 3, path: "src/main.rs" })).toBe("src/main.rs");
    expect(summary({ path: "src", pattern: "fn main" })).toBe("fn main");
    expect(summary({ path: "src", pattern: "" })).toBe("src");
    expect(summary({ shell: "cargo test\ncargo run" })).toBe("cargo test …");
    expect(summary({ argv: ["git", "commit", "-m", "two words"] })).toBe("git commit -m 'two words'");
  });
  it("takes arguments of unknown tools and arguments that are not JSON", () => {
    expect(summary({ depth: 2 })).toBe("2");
    expect(summary("not json")).toBe("not json");
    expect(summary({})).toBe("");
    expect(summary(null)).toBe("null");
  });
});

describe("commandLine", () => {
  it("quotes what a shell would read otherwise", () => {
    expect(commandLine(["rm", "-rf", "a b", "it's", "$HOME", ""])).toBe("rm -rf 'a b' 'it'\\''s' '$HOME' ''");
  });
});
