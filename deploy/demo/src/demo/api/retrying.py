"""When a call is tried again, and how long to wait before it."""

import datetime as dt
import email.utils
import random
from collections.abc import Mapping
from dataclasses import dataclass

RETRIED_STATUSES = frozenset({429, 502, 503, 504})
"""Refused for now, or the program behind the gateway is away: another attempt may be answered."""

MAX_RETRY_AFTER_SECONDS = 30.0


@dataclass(frozen=True)
class RetryPolicy:
    """How long a call goes on.

    Parameters
    ----------
    total_seconds
        No attempt begins later than this after the first. A program that was killed is back in seconds, the search
        engine in less than a minute.
    first_wait_seconds, longest_wait_seconds
        The wait doubles from the first to the longest; a quarter of it is random.
    """

    total_seconds: float = 180.0
    first_wait_seconds: float = 0.1
    longest_wait_seconds: float = 2.0

    def wait_seconds(self, attempt: int, headers: Mapping[str, str]) -> float:
        """Say how long to wait after the given attempt (the first is 1); the server's Retry-After goes before."""
        stated = retry_after_seconds(headers)
        if stated is not None:
            return stated
        wait = min(self.first_wait_seconds * 2.0 ** (attempt - 1), self.longest_wait_seconds)
        return wait * random.uniform(0.75, 1.0)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After (RFC 9110, section 10.2.3) in either form; None where it is missing or no such thing."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_RETRY_AFTER_SECONDS)
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    left = (until - dt.datetime.now(dt.UTC)).total_seconds()
    return min(max(left, 0.0), MAX_RETRY_AFTER_SECONDS)
