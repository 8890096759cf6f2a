"""A real server takes uploads in little memory and answers as soon as the limit is passed."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from testkit.waiting import eventually

MIB = 1024 * 1024
PIECE = b"x" * 65_536


@dataclass
class RunningServer:
    pid: int
    port: int

    def reset_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak_bytes(self) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
async def server(environment: dict[str, str]) -> AsyncIterator[RunningServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    variables = {**os.environ, **environment, "PORT": str(port)}
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", "publishing", "serve", env=variables)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def is_ready() -> bool:
                try:
                    return (await client.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(is_ready, 30)
        yield RunningServer(running.pid, port)
    finally:
        running.terminate()
        await running.wait()


def _head(developer: Any, plugin_id: str, manifest: dict[str, Any], length: int) -> bytes:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="manifest"\r\n\r\n%s\r\n'
        b'--b\r\nContent-Disposition: form-data; name="bundle"; filename="bundle.js"\r\n\r\n'
    ) % json.dumps(manifest).encode()
    head = (
        f"POST /api/v1/developer/plugins/{plugin_id}/versions HTTP/1.1\r\nHost: x\r\n"
        f"x-identity: {developer.headers['x-identity']}\r\nContent-Length: {length}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    return head.encode() + body


async def test_a_bundle_over_the_limit_is_refused_while_it_comes_in(
    server: RunningServer, developer: Any, manifest_of: Callable[..., dict[str, Any]]
) -> None:
    plugin_id = await developer.register()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(_head(developer, plugin_id, manifest_of(plugin_id), 20 * MIB))
    for _ in range(6 * MIB // len(PIECE)):
        writer.write(PIECE)
        await writer.drain()
    status = await asyncio.wait_for(reader.readline(), 10)  # 14 MiB were announced and never sent
    assert status.split()[1] == b"413"
    body = await asyncio.wait_for(reader.readuntil(b"}"), 10)
    assert b"bundle_too_large" in body
    writer.close()


async def test_a_body_that_announces_too_much_is_refused_before_it_comes(
    server: RunningServer, developer: Any, manifest_of: Callable[..., dict[str, Any]]
) -> None:
    plugin_id = await developer.register()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(_head(developer, plugin_id, manifest_of(plugin_id), 100 * MIB))
    status = await asyncio.wait_for(reader.readline(), 10)
    assert status.split()[1] == b"413"
    writer.close()


async def test_a_stranger_is_refused_before_the_body_comes(
    server: RunningServer, developer: Any, person: Callable[..., Any], manifest_of: Callable[..., dict[str, Any]]
) -> None:
    plugin_id = await developer.register()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = _head(person("developer"), plugin_id, manifest_of(plugin_id), 5 * MIB)
    writer.write(head[: head.index(b"\r\n\r\n") + 4])
    status = await asyncio.wait_for(reader.readline(), 10)
    assert status.split()[1] == b"403"
    writer.close()


async def test_uploads_take_little_memory(
    server: RunningServer, developer: Any, manifest_of: Callable[..., dict[str, Any]]
) -> None:
    plugin_id = await developer.register()
    files: dict[str, Any] = {}

    async def send(client: httpx.AsyncClient, version: str, size: int) -> int:
        manifest = json.dumps(manifest_of(plugin_id, version)).encode()
        files.update(manifest=("m", manifest), bundle=("b", b"/*" + b"x" * (size - 4) + b"*/"))
        path = f"/api/v1/developer/plugins/{plugin_id}/versions"
        return (await client.post(path, files=files, headers=developer.headers)).status_code

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as client:
        assert await send(client, "0.0.1", MIB) == 202  # buffers and connections are made once
        assert await send(client, "0.0.2", 6 * MIB) == 413
        server.reset_peak()
        before = server.peak_bytes()
        for number in range(4):
            assert await send(client, f"1.0.{number}", 5 * MIB) == 202
            assert await send(client, f"1.1.{number}", 6 * MIB) == 413
        assert server.peak_bytes() - before < 4 * MIB  # less than one bundle
