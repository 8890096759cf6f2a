"""The sender of mails, beside the relay."""

import asyncio
import time

from prometheus_client import Gauge

from auth.usecases.mail.send_mails import BATCH_MAILS, SendMails
from chassis.process import Heartbeat

REST_SECONDS = 0.5
CLEANING_SECONDS = 60.0

OLDEST = Gauge("auth_mails_waiting_oldest_seconds", "Age of the mail that waits for longest; 0 without one")


async def send_mails(use_case: SendMails, heartbeat: Heartbeat) -> None:
    """Send what comes until cancelled; errors as `SendMails.execute`, after which it may be called again."""
    clean_at = 0.0
    while True:
        heartbeat.beat()
        if time.monotonic() >= clean_at:
            await use_case.drop_expired()
            clean_at = time.monotonic() + CLEANING_SECONDS
        OLDEST.set(await use_case.measure_oldest())
        if await use_case.execute() < BATCH_MAILS:
            await asyncio.sleep(REST_SECONDS)
