"""The pools of a process."""

import socket
from typing import Literal

import pytest
from psycopg import AsyncConnection

from chassis.db import Database
from testkit.databases import SessionDatabase


@pytest.mark.parametrize("kind", ["transaction", "statement", "read"])
async def test_a_server_that_vanished_without_a_word_is_noticed_in_seconds(
    kind: Literal["transaction", "statement", "read"], database_for: SessionDatabase
) -> None:
    database = Database(url=database_for.url("auth"), pool_size=1)
    try:
        async with getattr(database, kind)() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert isinstance(driver, AsyncConnection)
            with socket.socket(fileno=socket.dup(driver.fileno())) as seen:
                assert seen.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                idle_seconds = seen.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                interval_seconds = seen.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
                count = seen.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
                assert idle_seconds + count * interval_seconds <= 15
                assert seen.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 15_000
    finally:
        await database.close()
