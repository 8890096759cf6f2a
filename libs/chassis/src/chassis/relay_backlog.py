"""How much waits in the outbox, measured seldom and cheaply, by the active relay and by those that wait."""

import time

from prometheus_client import Gauge

from chassis.relay_session import DEPTH_LIMIT, OutboxSession

MEASURE_SECONDS = 5.0

DEPTH = Gauge("outbox_depth", f"Events not yet relayed, counted to {DEPTH_LIMIT}", ("schema",))
OLDEST = Gauge("outbox_oldest_seconds", "Age of the oldest event not yet relayed, held ones included", ("schema",))


class BacklogMeter:
    """Measures the backlog of one schema.

    Parameters
    ----------
    schema
        The label.
    session
        Where to ask.
    """

    def __init__(self, schema: str, session: OutboxSession) -> None:
        self._schema = schema
        self._session = session
        self._measured_at = float("-inf")

    def measure(self) -> None:
        """Set both gauges, if the last measure is old."""
        if time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        depth, age = self._session.backlog()
        DEPTH.labels(self._schema).set(depth)
        OLDEST.labels(self._schema).set(age)
