import { describe, expect, it } from "vitest";
import type { ServerTool } from "@/api/types";
import { approvable, overtaken, type Selection, toggle, waits } from "./selection";

const tool = (name: string, digest: string, state: ServerTool["state"] = "new") =>
  ({ name, digest, state, flags: [], definition: {} }) as unknown as ServerTool;

describe("a selection of tools", () => {
  const none: Selection = new Map();

  it("sends the digests that were read", () => {
    const tools = [tool("a", "1"), tool("b", "2", "changed"), tool("c", "3", "pinned")];
    const all = tools.reduce((selection, one) => toggle(selection, one, true), none);
    expect(approvable(all, tools)).toEqual([
      { name: "a", digest: "1" },
      { name: "b", digest: "2" },
    ]);
    expect(approvable(toggle(all, tool("a", "1"), false), tools)).toEqual([{ name: "b", digest: "2" }]);
  });

  it("drops what has changed under the reader, and says so", () => {
    const ticked = toggle(none, tool("a", "1"), true);
    const now = [tool("a", "other")];
    expect(approvable(ticked, now)).toEqual([]);
    expect(overtaken(ticked, now)).toEqual(["a"]);
  });

  it("asks about new and changed ones", () => {
    expect(
      (["pinned", "new", "changed", "gone"] as const).filter((state) => waits(tool("a", "1", state))),
    ).toEqual(["new", "changed"]);
  });
});
