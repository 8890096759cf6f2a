from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts.envelope import Event, MalformedEventError

EVENT = Event(
    id=uuid4(),
    type="plugin.updated.v1",
    source="/publishing",
    key="chart-js",
    sequence=7,
    time=datetime(2026, 11, 23, 10, 0, 0, 123456, UTC),
    data=b'{"a": 1}',
    traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
)


def test_an_event_survives_the_wire() -> None:
    assert Event.from_record(key=EVENT.key.encode(), value=EVENT.data, headers=EVENT.headers()) == EVENT


def test_a_tombstone_keeps_its_attributes_and_has_no_data() -> None:
    read = Event.from_record(key=b"chart-js", value=None, headers=EVENT.headers())
    assert (read.data, read.sequence) == (None, 7)
    with pytest.raises(MalformedEventError):
        read.json()


@pytest.mark.parametrize("missing", ["ce_id", "ce_type", "ce_source", "ce_sequence", "ce_time"])
def test_a_record_without_a_required_attribute_is_malformed(missing: str) -> None:
    headers = [(name, value) for name, value in EVENT.headers() if name != missing]
    with pytest.raises(MalformedEventError):
        Event.from_record(key=b"k", value=b"{}", headers=headers)


@pytest.mark.parametrize(("name", "value"), [("ce_id", b"no"), ("ce_sequence", b"x"), ("ce_time", b"\xff")])
def test_a_record_with_a_broken_attribute_is_malformed(name: str, value: bytes) -> None:
    headers = [(key, value if key == name else content) for key, content in EVENT.headers()]
    with pytest.raises(MalformedEventError):
        Event.from_record(key=b"k", value=b"{}", headers=headers)


def test_data_that_is_not_json_is_malformed() -> None:
    with pytest.raises(MalformedEventError):
        Event.from_record(key=b"k", value=b"{", headers=EVENT.headers()).json()
