"""The sealer: chains new audit entries, beside the relay."""

import asyncio

from prometheus_client import Counter, Gauge

from auth.usecases.seal_audit import BATCH_ENTRIES, SealAudit
from chassis.process import Heartbeat

REST_SECONDS = 0.25

SEALED = Counter("auth_audit_sealed_total", "Audit entries that this process has chained")
OLDEST = Gauge("auth_audit_unsealed_oldest_seconds", "Age of the oldest audit entry outside the chain; 0 without one")


async def seal_audit(use_case: SealAudit, heartbeat: Heartbeat) -> None:
    """Seal what comes until cancelled; errors as `SealAudit.execute`, after which it may be called again."""
    while True:
        heartbeat.beat()
        waiting = await use_case.measure()
        OLDEST.set(waiting.oldest_seconds or 0)
        sealed = await use_case.execute() if waiting.entries else 0
        SEALED.inc(sealed)
        if sealed < BATCH_ENTRIES:
            await asyncio.sleep(REST_SECONDS)
