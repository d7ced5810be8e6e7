"""A FastMCP server over streamable HTTP: fastmcp_server.py prints its address and serves."""

import asyncio
import socket

from fastmcp import FastMCP

server = FastMCP("sums")


@server.tool
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


async def main():
    door = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{door.getsockname()[1]}/mcp", flush=True)
    await server.run_http_async(show_banner=False, log_level="warning", sockets=[door])


asyncio.run(main())
