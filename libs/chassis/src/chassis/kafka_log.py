"""librdkafka's log, calmed: while a broker is away each client says so several times a second."""

import logging
import time

QUIET_SECONDS = 10.0
"""Between two lines of the same kind."""


class _Calm(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass one line of a kind (its first word, such as ``FAIL``) in `QUIET_SECONDS`, and every critical one."""
        now = time.monotonic()
        kind = record.getMessage().partition(" ")[0]
        if record.levelno < logging.CRITICAL and now - self._said_at.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said_at[kind] = now
        return True


KAFKA_LOG = logging.getLogger("kafka")
KAFKA_LOG.addFilter(_Calm())
