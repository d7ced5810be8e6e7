import { describe, expect, it } from "vitest";
import { EMPTY, grantSentences, openSecrets, read } from "./spec";

const COMMAND = { ...EMPTY, name: "git", command: "uvx mcp-server-git --repository '/srv/a b'" };

describe("read", () => {
  it("makes a command with what it may touch", () => {
    const draft = { ...COMMAND, environment: "TOKEN=secret://git", read: "/srv/a b\n", network: true };
    expect(read(draft)).toEqual({
      server: {
        name: "git",
        transport: "stdio",
        enabled: true,
        sharing: "shared",
        command: ["uvx", "mcp-server-git", "--repository", "/srv/a b"],
        environment: { TOKEN: "secret://git" },
        grants: { read: ["/srv/a b"], write: [], network: true },
      },
    });
  });
  it("makes an address, and leaves out what belongs to commands", () => {
    const draft = {
      ...EMPTY,
      name: "hub",
      transport: "http" as const,
      url: " https://mcp.example ",
      command: "x",
    };
    expect(read(draft)).toEqual({
      server: {
        name: "hub",
        transport: "http",
        enabled: true,
        sharing: "shared",
        url: "https://mcp.example",
        headers: {},
        allow_private: false,
      },
    });
  });
  it("says what is wrong, field by field", () => {
    const draft = { ...EMPTY, name: "Git!", command: "a 'b", environment: "oops", write: "relative" };
    expect(Object.keys(read(draft).errors ?? {})).toEqual(["name", "command", "environment", "write"]);
    expect(read({ ...EMPTY, name: "x", transport: "sse", url: "ftp://x" }).errors).toHaveProperty("url");
  });
});

describe("grantSentences", () => {
  it("says it plainly", () => {
    expect(grantSentences({ ...COMMAND, read: "/a", write: "/b\n/c\n/d" }).slice(1)).toEqual([
      "It may read /a.",
      "It may read and change /b, /c and /d.",
      "It has no network.",
    ]);
  });
});

describe("openSecrets", () => {
  it("finds what should be a reference", () => {
    expect(openSecrets("GITHUB_TOKEN=ghp\nLANG=C\nAPI_KEY=secret://k", "=")).toEqual(["GITHUB_TOKEN"]);
    expect(openSecrets("Authorization: Bearer abc", ":")).toEqual(["Authorization"]);
  });
});
