"""The event envelope: CloudEvents 1.0 in Kafka's binary mode.

Attributes travel as ``ce_*`` headers, the data as the record's value, the ordering aggregate's id as its key. A
record of a compacted topic whose value is null is a tombstone; its attributes still say what was removed.
Source: CloudEvents 1.0.2, Kafka protocol binding 1.0.2, section 3.2.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"


class EventData(BaseModel):
    """Base of every event's data. Subclasses name their `event_type` and `topic` (without prefix).

    A record of a type that `is_tombstone` has a null value, which removes its key from a compacted topic.
    """

    model_config = ConfigDict(frozen=True)

    event_type: ClassVar[str]
    topic: ClassVar[str]
    is_tombstone: ClassVar[bool] = False


class MalformedEventError(ValueError):
    """A record that is no event of ours: attributes are missing or are not of their form. A retry cannot help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as it stands on a topic.

    Parameters
    ----------
    id
        Unique for the fact; repeated deliveries carry the same.
    type
        Such as ``plugin-version.published.v1``.
    source
        The service that stated the fact, such as ``/publishing``.
    key
        The ordering aggregate's id, which is the record's key and the event's subject.
    sequence
        The aggregate's number of this event, from 1, never restarting.
    time
        When the fact became true; UTC.
    data
        The JSON value as bytes, or None for a tombstone.
    traceparent
        W3C trace context of the request that caused it, if known.
    """

    id: UUID
    type: str
    source: str
    key: str
    sequence: int
    time: datetime
    data: bytes | None
    traceparent: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        """Give the record's headers, in a fixed order."""
        pairs = [
            ("ce_specversion", SPEC_VERSION),
            ("ce_id", str(self.id)),
            ("ce_type", self.type),
            ("ce_source", self.source),
            ("ce_subject", self.key),
            ("ce_time", self.time.isoformat()),
            ("ce_sequence", str(self.sequence)),
            ("content-type", CONTENT_TYPE),
        ]
        if self.traceparent is not None:
            pairs.append(("traceparent", self.traceparent))
        return [(name, value.encode()) for name, value in pairs]

    @classmethod
    def from_record(cls, *, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> "Event":
        """Read a Kafka record.

        Raises
        ------
        MalformedEventError
            A required attribute is absent or not of its form.
        """
        attributes = dict(headers)
        try:
            return cls(
                id=UUID(attributes["ce_id"].decode()),
                type=attributes["ce_type"].decode(),
                source=attributes["ce_source"].decode(),
                key=(key if key is not None else attributes["ce_subject"]).decode(),
                sequence=int(attributes["ce_sequence"]),
                time=datetime.fromisoformat(attributes["ce_time"].decode()),
                data=value,
                traceparent=attributes["traceparent"].decode() if "traceparent" in attributes else None,
            )
        except (KeyError, ValueError) as error:
            raise MalformedEventError(f"not an event: {error!r}") from error

    def json(self) -> Any:  # noqa: ANN401 - the shape is that of the event's type
        """Decode the data.

        Raises
        ------
        MalformedEventError
            There is no data, or it is not JSON.
        """
        if self.data is None:
            raise MalformedEventError("a tombstone has no data")
        try:
            return json.loads(self.data)
        except ValueError as error:
            raise MalformedEventError("the data is not JSON") from error
