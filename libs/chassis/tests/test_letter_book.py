"""What is open, as records say in whatever way they are read."""

from datetime import UTC, datetime

from chassis.dead_letters import (
    Letter,
    Order,
    Outcome,
    letter_headers,
    order_headers,
    original_headers,
    outcome_headers,
    read_record,
)
from chassis.letter_book import LetterBook

GROUP = "catalog.plugins"
TOPIC = "plugins.v1"


def letter(offset: int, *, key: bytes | None = b"k", partition: int = 3, group: str = GROUP) -> Letter:
    return Letter(
        offset=offset, key=key, kind="failed", group=group, reason="why", attempts=5, failed_at=datetime.now(UTC),
        topic=TOPIC, partition=partition, origin_offset=7,
    )  # fmt: skip


def outcome(kind: str, *, number: int, order: int = 99, key: bytes | None = b"k") -> Outcome:
    return Outcome(key=key, kind=kind, group=GROUP, letter=number, order=order)  # type: ignore[arg-type]  # a literal


def book(*records: Letter | Order | Outcome) -> LetterBook:
    made = LetterBook(group=GROUP)
    for record in records:
        made.fold(TOPIC, record)
    return made


def test_a_letter_parks_its_key_until_it_is_settled() -> None:
    made = book(letter(1), letter(2))
    assert made.is_parked(TOPIC, b"k")
    assert not made.is_parked(TOPIC, b"other")
    made.fold(TOPIC, outcome("applied", number=1))
    assert made.is_parked(TOPIC, b"k")
    made.fold(TOPIC, outcome("dropped", number=2))
    assert not made.is_parked(TOPIC, b"k")


def test_records_that_are_folded_twice_change_nothing() -> None:
    records: list[Letter | Order | Outcome] = [
        letter(1),
        Order(offset=2, key=b"k", kind="replay", group=GROUP, letter=1),
        outcome("applied", number=1, order=2),
        outcome("done", number=1, order=2),
    ]
    made = book(*records, *records)
    assert not made.is_parked(TOPIC, b"k")
    assert made.pending_orders() == []


def test_a_failed_replay_leaves_the_letter_open() -> None:
    made = book(letter(1), outcome("failed", number=1))
    assert made.letters(TOPIC, b"k")[0].offset == 1


def test_letters_of_another_group_and_without_a_key_park_nothing() -> None:
    made = book(letter(1, group="installs.plugins"), letter(2, key=None))
    assert not made.is_parked(TOPIC, b"k")
    assert not made.is_parked(TOPIC, None)
    assert [one.offset for one in made.open_letters()] == [2]


def test_the_partition_of_a_letter_is_known_after_it_was_settled() -> None:
    made = book(letter(1, partition=4), outcome("applied", number=1))
    assert made.find(TOPIC, 1) is None
    assert made.partition_of(TOPIC, 1) == 4
    assert made.partition_of(TOPIC, 2) is None


def test_letters_that_the_topic_keeps_no_longer_park_nothing() -> None:
    made = book(letter(1), letter(2, key=b"other"), letter(3))
    assert [one.offset for one in made.forget_before(TOPIC, 3)] == [1, 2]
    assert not made.is_parked(TOPIC, b"other")
    assert [one.offset for one in made.letters(TOPIC, b"k")] == [3]
    assert made.forget_before("reviews.v1", 9) == []


def test_open_letters_are_counted_however_they_open_and_close() -> None:
    made = book(letter(1), letter(2, key=b"other"), letter(3), letter(3))
    assert (made.count(TOPIC), made.first(TOPIC, b"k").offset) == (3, 1)
    made.fold(TOPIC, outcome("applied", number=1))
    made.fold(TOPIC, outcome("applied", number=1))
    made.fold(TOPIC, letter(1))
    assert (made.count(TOPIC), made.first(TOPIC, b"k").offset) == (2, 3)
    made.forget_before(TOPIC, 3)
    assert (made.count(TOPIC), made.count("reviews.v1")) == (1, 0)
    assert made.count(TOPIC) == len(list(made.open_letters()))


def test_an_order_is_pending_until_it_is_done() -> None:
    order = Order(offset=5, key=b"k", kind="drop", group=GROUP, letter=1)
    made = book(letter(1), order)
    assert made.pending_orders() == [(TOPIC, order)]
    made.fold(TOPIC, outcome("done", number=1, order=5))
    assert made.pending_orders() == []


def test_records_are_read_as_they_were_written() -> None:
    original = [("ce_id", b"1"), ("traceparent", b"00-aa-bb-01")]
    headers = letter_headers(original, kind="failed", group=GROUP, reason="w" * 2_000, attempts=5, origin=(TOPIC, 3, 7))
    read = read_record(offset=1, key=b"k", headers=headers)
    assert isinstance(read, Letter)
    assert (read.topic, read.partition, read.origin_offset, read.attempts) == (TOPIC, 3, 7, 5)
    assert (len(read.reason), read.event_id, read.trace_id) == (1_000, "1", "aa")
    assert original_headers(headers) == original
    order = read_record(offset=2, key=b"k", headers=order_headers(kind="drop", group=GROUP, letter=1))
    assert order == Order(offset=2, key=b"k", kind="drop", group=GROUP, letter=1)
    said = Outcome(key=b"k", kind="failed", group=GROUP, letter=1, order=2, reason="why")
    assert read_record(offset=3, key=b"k", headers=outcome_headers(said)) == said


def test_a_message_that_was_a_letter_before_keeps_only_its_own_headers() -> None:
    once = letter_headers([("a", b"1")], kind="failed", group=GROUP, reason="x", attempts=1, origin=(TOPIC, 0, 0))
    twice = letter_headers(once, kind="failed", group=GROUP, reason="y", attempts=1, origin=(TOPIC, 0, 0))
    assert original_headers(twice) == once
