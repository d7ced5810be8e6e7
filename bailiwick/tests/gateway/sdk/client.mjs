// The official TypeScript clients in front of the gateway: client.mjs ADDRESS CALLS COMMAND…
//
// Over HTTP with the token of the environment variable TOKEN, and over stdio through COMMAND: the present client in
// both protocol eras, and the one before it, which most programs still use.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import * as present from "@modelcontextprotocol/client";
import { StdioClientTransport as PresentStdio } from "@modelcontextprotocol/client/stdio";
import { Client as FormerClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as FormerStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as FormerHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [address, file, command, ...args] = process.argv.slice(2);
const calls = JSON.parse(readFileSync(file, "utf8"));
const me = { name: "gateway-test", version: "1.0.0" };
const headers = { Authorization: `Bearer ${process.env.TOKEN}` };

const present2 = (mode, version) => ({
  client: () => new present.Client(me, { versionNegotiation: { mode } }),
  stdio: PresentStdio,
  http: present.StreamableHTTPClientTransport,
  version: (client) => assert.equal(client.getNegotiatedProtocolVersion(), version),
});
const clients = {
  "client 2 legacy": present2("legacy", "2025-11-25"),
  "client 2 modern": present2("auto", "2026-07-28"),
  "sdk 1": { client: () => new FormerClient(me), stdio: FormerStdio, http: FormerHttp, version: () => {} },
};

for (const [name, kind] of Object.entries(clients)) {
  const transports = {
    http: () => new kind.http(new URL(address), { requestInit: { headers } }),
    stdio: () => new kind.stdio({ command, args }),
  };
  for (const [transport, open] of Object.entries(transports)) {
    const giveUp = setTimeout(() => {
      console.error(`${name} over ${transport} took more than a minute`);
      process.exit(1);
    }, 60_000);
    const client = kind.client();
    await client.connect(open());
    try {
      kind.version(client);
      await everything(client);
    } finally {
      await client.close();
      clearTimeout(giveUp);
    }
    console.log(`typescript ${name} over ${transport}: ok`);
  }
}

async function everything(client) {
  assert.equal(client.getServerVersion().name, "bailiwick");
  const listed = (await client.listTools()).tools.map((tool) => tool.name);
  for (const { tool, arguments: given, says } of calls) {
    assert.ok(listed.includes(tool), `${tool} is not among ${listed}`);
    const result = await client.callTool({ name: tool, arguments: given });
    const said = result.content.map((block) => block.text ?? "").join("\n");
    assert.ok(!result.isError && said.includes(says), `${tool}: ${said}`);
  }
  const { resources } = await client.listResources();
  assert.ok((await client.readResource({ uri: resources[0].uri })).contents.length > 0);
  assert.ok((await client.getPrompt({ name: "simple-prompt" })).messages.length > 0);
}
