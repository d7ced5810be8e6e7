"""A FastMCP proxy in front of a server: fastmcp_proxy.py URL PORT."""

import sys

from fastmcp.server import create_proxy

url, port = sys.argv[1:]
create_proxy(url).run(
    transport="http", host="127.0.0.1", port=int(port), show_banner=False, uvicorn_config={"log_level": "error"}
)
