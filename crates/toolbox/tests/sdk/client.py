"""The official Python client against the toolbox: client.py SERVER_BINARY"""

import asyncio
import base64
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mcp import Client, MCPError, StdioServerParameters

SERVER = sys.argv[1]
TOOLS = ["list_directory", "read_file", "write_file", "edit_file", "search_files", "delete_path", "run_command"]
READ_ONLY = {"list_directory", "read_file", "search_files"}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def text(result):
    return "\n".join(block.text for block in result.content if block.type == "text")


async def everything(client, workspace, version):
    assert client.server_info.name == "bailiwick-toolbox", client.server_info
    assert client.protocol_version == version, client.protocol_version
    await lists(client)
    await calls_all_seven(client, workspace)
    await reports_errors(client)
    await sends_progress(client)
    await stops_when_cancelled(client, workspace)


async def lists(client):
    tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == TOOLS, tools
    for tool in tools:
        assert tool.input_schema["type"] == "object" and tool.output_schema["type"] == "object"
        assert tool.annotations.read_only_hint == (tool.name in READ_ONLY), tool.name
        assert tool.annotations.open_world_hint == (tool.name == "run_command"), tool.name


async def calls_all_seven(client, workspace):
    async def call(name, **arguments):
        result = await client.call_tool(name, arguments)
        assert not result.is_error, text(result)
        return result

    written = await call("write_file", path="sub/a.txt", content="one\ntwo\n")
    assert text(written) == "Created sub/a.txt (8 bytes).", text(written)
    assert (workspace / "sub/a.txt").read_text() == "one\ntwo\n"
    edited = await call("edit_file", path="sub/a.txt", old_text="two", new_text="three")
    assert "-two\n+three" in edited.structured_content["diff"], edited
    read = await call("read_file", path="sub/a.txt", offset=2)
    assert read.structured_content["text"] == "three\n", read
    found = await call("search_files", pattern="thr..")
    assert found.structured_content["files"][0]["lines"][0]["line"] == 2, found
    listed = await call("list_directory", path="sub")
    assert listed.structured_content["entries"][0]["path"] == "sub/a.txt", listed
    ran = await call("run_command", argv=["cat", "sub/a.txt"])
    assert ran.structured_content["stdout"] == "one\nthree\n", ran
    await call("delete_path", path="sub", recursive=True)
    assert not (workspace / "sub").exists()

    (workspace / "dot.png").write_bytes(PNG)
    image = (await call("read_file", path="dot.png")).content[0]
    assert image.type == "image" and image.mime_type == "image/png", image
    assert base64.b64decode(image.data) == PNG


async def reports_errors(client):
    missing = await client.call_tool("read_file", {"path": "nowhere.txt"})
    assert missing.is_error and text(missing) == "nowhere.txt does not exist.", missing
    escape = await client.call_tool("read_file", {"path": "../../etc/passwd"})
    assert escape.is_error and "nothing outside the workspace" in text(escape), escape
    wrong = await client.call_tool("read_file", {"file": "a"})
    assert wrong.is_error and "`path` is missing" in text(wrong), wrong
    try:
        await client.call_tool("no_such_tool", {})
    except MCPError as error:
        assert error.code == -32602 and "There is no tool `no_such_tool`" in error.message, error
    else:
        raise AssertionError("an unknown tool was called")


async def sends_progress(client):
    seen = []

    async def progress(progress, total, message):
        seen.append((progress, message))

    await client.call_tool(
        "run_command", {"shell": "echo one; sleep 0.4; echo two; sleep 0.4"}, progress_callback=progress
    )
    # The callback runs beside the answer.
    await until(lambda: len(seen) >= 2)
    assert seen == [(1.0, "one\n"), (2.0, "two\n")], seen


async def stops_when_cancelled(client, workspace):
    beats = workspace / "beats"
    call = asyncio.create_task(
        client.call_tool("run_command", {"shell": "while :; do echo x >> beats; sleep 0.05; done"})
    )
    await until(beats.exists)
    call.cancel()
    try:
        await call
    except asyncio.CancelledError:
        pass

    async def quiet():
        before = beats.stat().st_size
        await asyncio.sleep(0.3)
        return beats.stat().st_size == before

    deadline = time.monotonic() + 10
    while not await quiet():
        assert time.monotonic() < deadline, "the command still runs after the call was cancelled"
    beats.unlink()
    # And the connection still works.
    assert not (await client.call_tool("list_directory", {})).is_error


async def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for 10 seconds"
        await asyncio.sleep(0.02)


async def over_stdio(workspace, mode, version):
    server = StdioServerParameters(command=SERVER, args=["--workspace", str(workspace)])
    async with Client(server, mode=mode) as client:
        await everything(client, workspace, version)


async def over_http(workspace, mode, version):
    server = subprocess.Popen(
        [SERVER, "--workspace", str(workspace), "--http", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        async with Client(server.stdout.readline().strip(), mode=mode) as client:
            await everything(client, workspace, version)
    finally:
        server.kill()
        server.wait()


async def main():
    for transport in (over_stdio, over_http):
        for mode, version in (("legacy", "2025-11-25"), ("auto", "2026-07-28")):
            with tempfile.TemporaryDirectory() as workspace:
                async with asyncio.timeout(60):
                    await transport(Path(workspace), mode, version)
            print(f"python {transport.__name__} {version}: ok", flush=True)


asyncio.run(main())
