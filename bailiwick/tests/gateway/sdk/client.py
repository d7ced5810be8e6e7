"""The official Python client in front of the gateway: client.py ADDRESS CALLS COMMAND…

Over HTTP with the token of the environment variable TOKEN, and over stdio through COMMAND, in both protocol eras.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

ADDRESS, CALLS, COMMAND = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), sys.argv[3:]


def text(result):
    return "\n".join(block.text for block in result.content if block.type == "text")


async def everything(client, version):
    assert client.server_info.name == "bailiwick", client.server_info
    assert client.protocol_version == version, client.protocol_version
    listed = {tool.name for tool in (await client.list_tools()).tools}
    for call in CALLS:
        assert call["tool"] in listed, (call["tool"], sorted(listed))
        result = await client.call_tool(call["tool"], call["arguments"])
        assert not result.is_error and call["says"] in text(result), (call, text(result))
    resources = (await client.list_resources()).resources
    read = await client.read_resource(resources[0].uri)
    assert read.contents, resources[0]
    prompt = await client.get_prompt("simple-prompt")
    assert prompt.messages, prompt


async def over_http(mode, version):
    async with create_mcp_http_client(headers={"Authorization": f"Bearer {os.environ['TOKEN']}"}) as http:
        async with Client(streamable_http_client(ADDRESS, http_client=http), mode=mode) as client:
            await everything(client, version)


async def over_stdio(mode, version):
    async with Client(StdioServerParameters(command=COMMAND[0], args=COMMAND[1:]), mode=mode) as client:
        await everything(client, version)


async def main():
    for transport in (over_http, over_stdio):
        for mode, version in (("legacy", "2025-11-25"), ("auto", "2026-07-28")):
            async with asyncio.timeout(60):
                await transport(mode, version)
            print(f"python {transport.__name__} {version}: ok", flush=True)


asyncio.run(main())
