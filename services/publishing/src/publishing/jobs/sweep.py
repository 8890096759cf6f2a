"""Looks now and then for files that no submission explains."""

import asyncio

from chassis.process import Heartbeat
from publishing.usecases.clear_files import SweepUploads

PAUSE_SECONDS = 30.0


async def run_sweeper(sweep: SweepUploads, heartbeat: Heartbeat) -> None:
    """Sweep until cancelled; raises when a server is lost, after which it may be called again."""
    while True:
        heartbeat.beat()  # before the work: a server that is away is no reason to restart this process
        await sweep()
        await asyncio.sleep(PAUSE_SECONDS)
