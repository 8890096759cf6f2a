"""The sweeper of expired tokens, beside the relay."""

import asyncio

from auth.usecases.tokens.sweep_tokens import SweepTokens
from chassis.process import Heartbeat

REST_SECONDS = 30.0


async def sweep_tokens(use_case: SweepTokens, heartbeat: Heartbeat) -> None:
    """Sweep until cancelled; errors as `SweepTokens.execute`, after which it may be called again."""
    while True:
        heartbeat.beat()
        await use_case.execute()
        await asyncio.sleep(REST_SECONDS)
