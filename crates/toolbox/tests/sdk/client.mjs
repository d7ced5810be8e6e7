// The official TypeScript clients against the toolbox: client.mjs SERVER_BINARY
//
// The present client in both protocol eras, and the one before it, which most programs still use.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import * as present from "@modelcontextprotocol/client";
import { StdioClientTransport as PresentStdio } from "@modelcontextprotocol/client/stdio";
import { Client as FormerClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as FormerStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as FormerHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const server = process.argv[2];
const tools = [
  "list_directory", "read_file", "write_file", "edit_file", "search_files", "delete_path", "run_command",
];
const readOnly = ["list_directory", "read_file", "search_files"];
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const me = { name: "toolbox-test", version: "1.0.0" };

// How the two packages differ; the rest is the same.
const clients = {
  "client 2 legacy": {
    client: () => new present.Client(me, { versionNegotiation: { mode: "legacy" } }),
    stdio: PresentStdio,
    http: present.StreamableHTTPClientTransport,
    call: (client, request, options) => client.callTool(request, options),
    version: (client) => assert.equal(client.getNegotiatedProtocolVersion(), "2025-11-25"),
  },
  "client 2 modern": {
    client: () => new present.Client(me, { versionNegotiation: { mode: "auto" } }),
    stdio: PresentStdio,
    http: present.StreamableHTTPClientTransport,
    call: (client, request, options) => client.callTool(request, options),
    version: (client) => assert.equal(client.getNegotiatedProtocolVersion(), "2026-07-28"),
  },
  "sdk 1": {
    client: () => new FormerClient(me),
    stdio: FormerStdio,
    http: FormerHttp,
    call: (client, request, options) => client.callTool(request, undefined, options),
    version: () => {},
  },
};

for (const [name, kind] of Object.entries(clients)) {
  for (const [transport, connected] of Object.entries({ stdio: overStdio, http: overHttp })) {
    const workspace = mkdtempSync(join(tmpdir(), "toolbox-sdk-"));
    const giveUp = setTimeout(() => {
      console.error(`${name} over ${transport} took more than a minute`);
      process.exit(1);
    }, 60_000);
    try {
      await connected(kind, workspace, (client) => everything(kind, client, workspace));
    } finally {
      clearTimeout(giveUp);
      rmSync(workspace, { recursive: true, force: true });
    }
    console.log(`typescript ${name} over ${transport}: ok`);
  }
}

async function overStdio(kind, workspace, work) {
  const client = kind.client();
  await client.connect(new kind.stdio({ command: server, args: ["--workspace", workspace] }));
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

async function overHttp(kind, workspace, work) {
  const child = spawn(server, ["--workspace", workspace, "--http", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const client = kind.client();
  try {
    const [address] = await once(createInterface({ input: child.stdout }), "line");
    await client.connect(new kind.http(new URL(address)));
    await work(client);
  } finally {
    await client.close();
    child.kill();
  }
}

async function everything(kind, client, workspace) {
  assert.equal(client.getServerVersion().name, "bailiwick-toolbox");
  kind.version(client);
  const call = (name, args, options) => kind.call(client, { name, arguments: args }, options);
  await lists(client);
  await callsAllSeven(call, workspace);
  await reportsErrors(call);
  await sendsProgress(call);
  await stopsWhenCancelled(call, workspace);
}

async function lists(client) {
  const listed = (await client.listTools()).tools;
  assert.deepEqual(listed.map((tool) => tool.name), tools);
  for (const tool of listed) {
    assert.equal(tool.inputSchema.type, "object");
    assert.equal(tool.outputSchema.type, "object");
    assert.equal(tool.annotations.readOnlyHint, readOnly.includes(tool.name), tool.name);
    assert.equal(tool.annotations.openWorldHint, tool.name === "run_command", tool.name);
  }
}

async function callsAllSeven(call, workspace) {
  const ok = async (name, args) => {
    const result = await call(name, args);
    assert.ok(!result.isError, text(result));
    return result;
  };
  const written = await ok("write_file", { path: "sub/a.txt", content: "one\ntwo\n" });
  assert.equal(text(written), "Created sub/a.txt (8 bytes).");
  assert.equal(readFileSync(join(workspace, "sub/a.txt"), "utf8"), "one\ntwo\n");
  const edited = await ok("edit_file", { path: "sub/a.txt", old_text: "two", new_text: "three" });
  assert.match(edited.structuredContent.diff, /-two\n\+three/);
  const read = await ok("read_file", { path: "sub/a.txt", offset: 2 });
  assert.equal(read.structuredContent.text, "three\n");
  const found = await ok("search_files", { pattern: "thr.." });
  assert.equal(found.structuredContent.files[0].lines[0].line, 2);
  const listed = await ok("list_directory", { path: "sub" });
  assert.equal(listed.structuredContent.entries[0].path, "sub/a.txt");
  const ran = await ok("run_command", { argv: ["cat", "sub/a.txt"] });
  assert.equal(ran.structuredContent.stdout, "one\nthree\n");
  await ok("delete_path", { path: "sub", recursive: true });
  assert.ok(!existsSync(join(workspace, "sub")));

  writeFileSync(join(workspace, "dot.png"), Buffer.from(png, "base64"));
  const [image] = (await ok("read_file", { path: "dot.png" })).content;
  assert.deepEqual([image.type, image.mimeType, image.data], ["image", "image/png", png]);
}

async function reportsErrors(call) {
  const missing = await call("read_file", { path: "nowhere.txt" });
  assert.ok(missing.isError);
  assert.equal(text(missing), "nowhere.txt does not exist.");
  const wrong = await call("read_file", { file: "a" });
  assert.ok(wrong.isError && text(wrong).includes("`path` is missing"), text(wrong));
  await assert.rejects(call("no_such_tool", {}), /There is no tool `no_such_tool`/);
}

async function sendsProgress(call) {
  const seen = [];
  const shell = "echo one; sleep 0.4; echo two; sleep 0.4";
  await call("run_command", { shell }, { onprogress: ({ progress, message }) => seen.push([progress, message]) });
  assert.deepEqual(seen, [[1, "one\n"], [2, "two\n"]]);
}

async function stopsWhenCancelled(call, workspace) {
  const beats = join(workspace, "beats");
  const abort = new AbortController();
  const shell = "while :; do echo x >> beats; sleep 0.05; done";
  const running = assert.rejects(call("run_command", { shell }, { signal: abort.signal }));
  await until(() => existsSync(beats));
  abort.abort();
  await running;
  await until(async () => {
    const before = statSync(beats).size;
    await sleep(300);
    return statSync(beats).size === before;
  });
  rmSync(beats);
  // And the connection still works.
  assert.ok(!(await call("list_directory", {})).isError);
}

function text(result) {
  return result.content.filter((block) => block.type === "text").map((block) => block.text).join("\n");
}

async function until(condition) {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, "nothing happened for 10 seconds");
    await sleep(20);
  }
}
