"""Shapes of the change feed; they document answers that are put together from ready bytes."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from catalog.domain.changes import ChangeType


class ChangeEvent(BaseModel):
    """An event as structured CloudEvents JSON: the same id and the same content as on Kafka."""

    specversion: Literal["1.0"]
    id: UUID = Field(description="The event's id, on Kafka `ce_id`; send it as `since` or `Last-Event-ID` to go on")
    type: ChangeType
    source: str = Field(description="The service that stated the fact", examples=["/catalog"])
    subject: str = Field(description="The plugin's id")
    time: datetime
    sequence: int = Field(ge=1, description="The plugin's number of this event among those of its topic")
    datacontenttype: Literal["application/json"]
    data: dict[str, Any] | None = Field(
        description="As the JSON Schema of the event's type says; null for `plugin-document.removed.v1`"
    )


class ChangePage(BaseModel):
    """The next changes, oldest first."""

    changes: list[ChangeEvent]
    cursor: str = Field(description="Send it as `since` for what comes next; there is one even where nothing came")
