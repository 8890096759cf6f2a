"""What Kafka refuses for good is held back, so that all else flows.

Nothing is moved or marked: a held row stays in the outbox, and so do later rows of its key, in their order. After a
pause that doubles it is tried again, so a repair (a topic made, a limit raised, the row corrected) needs no command.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0


@dataclass(slots=True)
class _Hold:
    pause_seconds: float
    until: float


class Holds:
    """Topics and keys that a relay leaves out for now.

    Parameters
    ----------
    clock
        Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._topics: dict[str, _Hold] = {}
        self._keys: dict[str, _Hold] = {}

    def hold_topic(self, topic: str) -> float:
        """Leave out a whole topic; returns for how many seconds."""
        return self._hold(self._topics, topic)

    def hold_key(self, topic: str, key: str) -> float:
        """Leave out one key of a topic; returns for how many seconds."""
        return self._hold(self._keys, f"{topic}/{key}")

    @property
    def topics(self) -> list[str]:
        """Topics to leave out now."""
        return self._current(self._topics)

    @property
    def keys(self) -> list[str]:
        """Keys to leave out now, as ``topic/key``."""
        return self._current(self._keys)

    def _hold(self, holds: dict[str, _Hold], name: str) -> float:
        before = holds.get(name)
        pause = min(2 * before.pause_seconds, LONGEST_PAUSE_SECONDS) if before else FIRST_PAUSE_SECONDS
        holds[name] = _Hold(pause, self._clock() + pause)
        return pause

    def _current(self, holds: dict[str, _Hold]) -> list[str]:
        now = self._clock()
        # Not refused again for as long as it was held: mended, and the next refusal is a first one.
        for name in [name for name, hold in holds.items() if now > hold.until + hold.pause_seconds]:
            del holds[name]
        return [name for name, hold in holds.items() if now < hold.until]
