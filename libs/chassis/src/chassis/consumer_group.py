"""What a consumer group is to those who run it and to those who look after it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroup:
    """Who reads what, and for how long it knows what it has applied.

    Parameters
    ----------
    group
        Without the deployment's prefix, such as ``catalog.installs``.
    topics
        Names without prefix.
    remembers_days
        So long after an event was applied it does nothing when it comes again; None: always, because its effect is
        guarded by a sequence or is unique by itself.
    has_generations
        The groups that really exist are named ``<group>.<generation>``.
    """

    group: str
    topics: tuple[str, ...]
    remembers_days: int | None = None
    has_generations: bool = False
