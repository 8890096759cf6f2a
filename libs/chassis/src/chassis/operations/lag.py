"""``events lag``: how far each group is behind, who works on it, and what it has put aside."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from chassis.consumer_group import ConsumerGroup
from chassis.dead_letters import Letter
from chassis.kafka import Kafka
from chassis.operations.backlog import measure_backlog
from chassis.operations.broker import Broker
from chassis.operations.context import Context
from chassis.operations.desks import Filter, open_desks
from chassis.operations.printing import duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Where a group is in one topic; `members` are those that read it, an inexact lag may be a little too high."""

    group: str
    topic: str
    members: int
    lag: int
    lag_is_exact: bool
    behind_seconds: float
    dead_letters: int
    oldest_letter_seconds: float | None


def show_lag(context: Context, *, max_lag: int | None, max_age_seconds: float | None) -> int:
    """Show a row for each group and topic; returns 1 where one is over a limit."""
    broker, out = Broker(context.kafka), context.out
    broker.require({topic for group in context.groups for topic in group.topics})
    lags = [lag for group in context.groups for lag in measure_lag(context.kafka, broker, group)]
    rows = [
        asdict(lag) | {"behind": duration(lag.behind_seconds), "oldest_letter": duration(lag.oldest_letter_seconds)}
        for lag in lags
    ]
    shown = ("group", "topic", "members", "lag", "behind", "dead_letters", "oldest_letter")
    out.rows("Consumers", rows, shown=shown, empty="This service consumes no events.")
    over = [
        lag
        for lag in lags
        if (max_lag is not None and lag.lag > max_lag)
        or (max_age_seconds is not None and lag.behind_seconds > max_age_seconds)
    ]
    for lag in over:
        out.say(f"{lag.group} is behind on {lag.topic}: {lag.lag} events, {duration(lag.behind_seconds)}.")
    return 1 if over else 0


def measure_lag(kafka: Kafka, broker: Broker, group: ConsumerGroup) -> Iterator[Lag]:
    """Measure a group, or each of its generations at work, in each of its topics."""
    with open_desks(kafka, broker, [group]) as desks, broker.outages():
        for name in broker.real_groups(group):
            members = broker.members(name)
            for topic in group.topics:
                letters = [filed.letter for filed in desks.find(Filter(topic=topic, group=name))]
                backlog = measure_backlog(kafka, topic, broker.places(name, topic))
                behind = 0.0 if backlog.oldest_at is None else max(0.0, time.time() - backlog.oldest_at)
                yield Lag(
                    group=name,
                    topic=topic,
                    members=members[kafka.named(topic)],
                    lag=backlog.events,
                    lag_is_exact=backlog.is_exact,
                    behind_seconds=round(behind, 3),
                    dead_letters=len(letters),
                    oldest_letter_seconds=_oldest_seconds(letters),
                )


def _oldest_seconds(letters: Sequence[Letter]) -> float | None:
    if not letters:
        return None
    oldest = min(letter.failed_at for letter in letters)
    return round(max(0.0, (datetime.now(UTC) - oldest).total_seconds()), 3)
