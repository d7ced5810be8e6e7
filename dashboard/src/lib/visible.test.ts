import { describe, expect, it } from "vitest";
import { visible } from "./visible";

describe("visible", () => {
  it("writes out what would hide or turn a text around", () => {
    expect(visible("rm \u202egnp.oto\u202c")).toBe("rm \\u{202e}gnp.oto\\u{202c}");
    expect(visible("a\u200bb\r\u0007\u{e0041}")).toBe("a\\u{200b}b\\u{d}\\u{7}\\u{e0041}");
  });
  it("leaves ordinary text alone, in every script", () => {
    const text = "tab\there\r\nשלום 日本語 é 👍";
    expect(visible(text)).toBe(text);
  });
});
