"""Forgets idle visitors, beside the relay."""

import asyncio

from prometheus_client import Counter

from auth.usecases.expire_anonymous import BATCH_IDENTITIES, ExpireAnonymous
from chassis.process import Heartbeat

REST_SECONDS = 5

EXPIRED = Counter("auth_anonymous_expired_total", "Idle anonymous identities that this process has ended")


async def expire_anonymous(use_case: ExpireAnonymous, heartbeat: Heartbeat) -> None:
    """Expire what is idle until cancelled; errors as `ExpireAnonymous.execute`, after which it may be called again."""
    while True:
        heartbeat.beat()
        expired = await use_case.execute()
        EXPIRED.inc(expired)
        if expired < BATCH_IDENTITIES:
            await asyncio.sleep(REST_SECONDS)
