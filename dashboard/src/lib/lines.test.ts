import { describe, expect, it } from "vitest";
import { lines, pairs, words } from "./lines";

describe("words", () => {
  it("divides as a shell does, and runs nothing", () => {
    expect(words("npx -y  server '/a b' \"c \\\" d\" e\\ f ''").value).toEqual([
      "npx",
      "-y",
      "server",
      "/a b",
      'c " d',
      "e f",
      "",
    ]);
    expect(words("echo $HOME | cat").value).toEqual(["echo", "$HOME", "|", "cat"]);
    expect(words("  ").value).toEqual([]);
  });
  it("says that a quote is open", () => {
    expect(words("a 'b").error).toBe("A ' is opened and not closed.");
  });
});

describe("pairs", () => {
  it("reads variables and headers", () => {
    expect(pairs("A=1=2\n\n B = secret://b ", "=").value).toEqual({ A: "1=2", B: "secret://b" });
    expect(pairs("Authorization: Bearer secret://t", ":").value).toEqual({
      Authorization: "Bearer secret://t",
    });
  });
  it("says which line it cannot read", () => {
    expect(pairs("A=1\nnonsense", "=").error).toBe("“nonsense” is not of the form NAME=value.");
    expect(pairs("A=1\nA=2", "=").error).toBe("A stands there twice.");
  });
});

describe("lines", () => {
  it("leaves out what is empty", () => expect(lines(" a \n\n b")).toEqual(["a", "b"]));
});
