"""Dead letters: what stands on ``<topic>.dlq``, the one store and the one protocol for messages that failed.

Four kinds of records, told apart by their headers, all with the key of the message they are about:

- a *letter*: the original bytes and headers, with reason and origin. ``failed`` could not be applied; ``waiting`` came
  after a failed one of its key, which is parked as a whole so that a replay applies in order;
- an *order* of an operator: ``replay`` a key, or ``drop`` a letter;
- an *outcome*: the consumer that owns the key settled a letter (``applied``, ``dropped``) or tried in vain
  (``failed``);
- ``done``: an order was carried out.

A letter is open until an outcome settles it. The topic has one partition, so everybody reads the same order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Headers = Sequence[tuple[str, bytes]]
LetterKind = Literal["failed", "waiting"]
OrderKind = Literal["replay", "drop"]
OutcomeKind = Literal["applied", "dropped", "failed", "done"]

MAX_REASON = 1_000
"""Characters; a reason is a sentence, not a stack trace."""

_KIND = "x-dead-letter"
_GROUP = "x-error-group"
_REASON = "x-error-reason"
_ATTEMPTS = "x-error-attempts"
_FAILED_AT = "x-error-at"
_TOPIC = "x-origin-topic"
_PARTITION = "x-origin-partition"
_OFFSET = "x-origin-offset"
_LETTER = "x-letter-offset"
_ORDER = "x-order-offset"

_LETTERS: dict[bytes, LetterKind] = {b"failed": "failed", b"waiting": "waiting"}
_ORDERS: dict[bytes, OrderKind] = {b"order-replay": "replay", b"order-drop": "drop"}
_OUTCOMES: dict[bytes, OutcomeKind] = {
    b"outcome-applied": "applied",
    b"outcome-dropped": "dropped",
    b"outcome-failed": "failed",
    b"order-done": "done",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that waits for somebody.

    Parameters
    ----------
    offset
        On the dead-letter topic: its name for operators.
    key
        Of the message; None where it had none, then nothing waits behind it.
    kind
        Whether it failed itself or waits behind one that did.
    group
        The consumer group, with the deployment's prefix.
    reason
        The last error; of a waiting letter, what it waits for.
    attempts
        How often it was tried.
    failed_at
        When it was given up; UTC.
    topic, partition, origin_offset
        Where the message stands on its own topic (name with prefix).
    event_id, event_type, trace_id
        As its headers say, if they do.
    """

    offset: int
    key: bytes | None
    kind: LetterKind
    group: str
    reason: str
    attempts: int
    failed_at: datetime
    topic: str
    partition: int
    origin_offset: int
    event_id: str | None = None
    event_type: str | None = None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an operator wants done with a letter; `offset` is the order's own, `letter` the letter's."""

    offset: int
    key: bytes | None
    kind: OrderKind
    group: str
    letter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a letter, or (``done``) of an order; `reason` says why where it failed."""

    key: bytes | None
    kind: OutcomeKind
    group: str
    letter: int
    order: int
    reason: str = ""


def letter_headers(
    original: Headers, *, kind: LetterKind, group: str, reason: str, attempts: int, origin: tuple[str, int, int]
) -> Headers:
    """Give the headers of a letter: the original's, then why and whence (topic, partition, offset)."""
    topic, partition, offset = origin
    return [
        *original,
        (_KIND, kind.encode()),
        (_GROUP, group.encode()),
        (_REASON, reason[:MAX_REASON].encode(errors="replace")),
        (_ATTEMPTS, str(attempts).encode()),
        (_FAILED_AT, datetime.now(UTC).isoformat(timespec="milliseconds").encode()),
        (_TOPIC, topic.encode()),
        (_PARTITION, str(partition).encode()),
        (_OFFSET, str(offset).encode()),
    ]


def original_headers(headers: Headers) -> Headers:
    """Give back the headers that the message had before it became a letter."""
    for place in range(len(headers) - 1, -1, -1):
        if headers[place][0] == _KIND:
            return headers[:place]
    return headers


def order_headers(*, kind: OrderKind, group: str, letter: int) -> Headers:
    """Give the headers of an order; its record has the letter's key and no value."""
    return [(_KIND, f"order-{kind}".encode()), (_GROUP, group.encode()), (_LETTER, str(letter).encode())]


def outcome_headers(outcome: Outcome) -> Headers:
    """Give the headers of an outcome; its record has the letter's key and no value."""
    kind = "order-done" if outcome.kind == "done" else f"outcome-{outcome.kind}"
    return [
        (_KIND, kind.encode()),
        (_GROUP, outcome.group.encode()),
        (_LETTER, str(outcome.letter).encode()),
        (_ORDER, str(outcome.order).encode()),
        (_REASON, outcome.reason[:MAX_REASON].encode(errors="replace")),
    ]


def read_record(*, offset: int, key: bytes | None, headers: Headers) -> Letter | Order | Outcome | None:
    """Read a record of a dead-letter topic; None where it is of nobody's making that we know."""
    given = dict(headers)  # of several headers of one name the last is ours
    kind = given.get(_KIND, b"")
    try:
        if kind in _LETTERS:
            return _letter(offset, key, _LETTERS[kind], given)
        if kind in _ORDERS:
            letter = int(given[_LETTER])
            return Order(offset=offset, key=key, kind=_ORDERS[kind], group=given[_GROUP].decode(), letter=letter)
        if kind in _OUTCOMES:
            return Outcome(
                key=key,
                kind=_OUTCOMES[kind],
                group=given[_GROUP].decode(),
                letter=int(given[_LETTER]),
                order=int(given[_ORDER]),
                reason=given.get(_REASON, b"").decode(),
            )
    except (KeyError, ValueError):
        return None
    return None


def _letter(offset: int, key: bytes | None, kind: LetterKind, given: Mapping[str, bytes]) -> Letter:
    traceparent = _text(given.get("traceparent"))
    return Letter(
        offset=offset,
        key=key,
        kind=kind,
        group=given[_GROUP].decode(),
        reason=given[_REASON].decode(),
        attempts=int(given[_ATTEMPTS]),
        failed_at=datetime.fromisoformat(given[_FAILED_AT].decode()),
        topic=given[_TOPIC].decode(),
        partition=int(given[_PARTITION]),
        origin_offset=int(given[_OFFSET]),
        event_id=_text(given.get("ce_id")),
        event_type=_text(given.get("ce_type")),
        trace_id=traceparent.split("-")[1] if traceparent and traceparent.count("-") == 3 else None,  # noqa: PLR2004 - W3C: four fields
    )


def _text(value: bytes | None) -> str | None:
    return value.decode(errors="replace") if value is not None else None
