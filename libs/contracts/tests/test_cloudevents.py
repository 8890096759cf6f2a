"""A record keeps to CloudEvents 1.0.2 and its Kafka protocol binding 1.0.2, binary mode.

Sections: attributes and their types (CloudEvents, 2 and 3), names of headers and absence of a value (binding, 3.2).
"""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from contracts.envelope import Event
from contracts.examples import example_record, example_types

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
REQUIRED = {"specversion", "id", "source", "type"}
OPTIONAL = {"subject", "time", "dataschema"}
EXTENSIONS = {"sequence"}


def assert_conforms(headers: dict[str, str], value: bytes | None) -> None:
    attributes = {name.removeprefix("ce_"): text for name, text in headers.items() if name.startswith("ce_")}
    others = {name for name in headers if not name.startswith("ce_")}
    assert others <= {"content-type", "traceparent"}
    assert attributes.keys() >= REQUIRED
    assert attributes.keys() <= REQUIRED | OPTIONAL | EXTENSIONS
    for name, text in attributes.items():
        assert re.fullmatch(r"[a-z0-9]{1,20}", name)
        assert text
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", text)
    assert attributes["specversion"] == "1.0"
    assert urlsplit(attributes["source"]).path == attributes["source"]
    assert RFC_3339.fullmatch(attributes["time"])
    assert re.fullmatch(r"[1-9]\d*", attributes["sequence"])
    assert headers["content-type"] == "application/json"
    assert TRACEPARENT.fullmatch(headers.get("traceparent", "00-" + "1" * 32 + "-" + "2" * 16 + "-00"))
    if value is not None:
        json.loads(value.decode("utf-8"))


@pytest.mark.parametrize("event_type", example_types())
def test_an_example_conforms(event_type: str) -> None:
    record = example_record(event_type)
    value = None if record["value"] is None else json.dumps(record["value"]).encode()
    assert_conforms(record["headers"], value)


@pytest.mark.parametrize(
    "time",
    [
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ],
)
@pytest.mark.parametrize("data", [b'{"a": 1}', None])
def test_what_the_envelope_writes_conforms(time: datetime, data: bytes | None) -> None:
    event = Event(id=uuid4(), type="plugin-document.v1", source="/catalog", key="d3", sequence=9, time=time, data=data)
    headers = event.headers()
    assert len(dict(headers)) == len(headers)
    assert_conforms({name: value.decode() for name, value in headers}, event.data)
