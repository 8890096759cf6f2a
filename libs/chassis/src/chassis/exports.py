"""Everything that a service holds of somebody, in pages: the same shape from every service."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, Field

from chassis.cursors import encode_cursor


class ExportPage(BaseModel):
    """A page of what a service holds of the caller."""

    service: str
    exported_at: datetime
    data: list[dict[str, Any]] = Field(description="Each with its 'kind'.")
    next: str | None = Field(description="Address of the next page; null on the last.")
    elsewhere: list[str] = Field(default=[], description="Addresses of what other services hold.")


def export_page(
    request: Request,
    response: Response,
    *,
    service: str,
    data: Sequence[dict[str, Any]],
    position: Sequence[Any] | None,
    elsewhere: Sequence[str] = (),
) -> ExportPage:
    """Put a page together; `position` is that of its last item where more follow, for a cursor of `listing_of`."""
    response.headers["cache-control"] = "private, no-store"
    address = None
    if position is not None:
        address = f"{request.url.path}?cursor={encode_cursor(listing_of(service), position)}"
    return ExportPage(
        service=service, exported_at=datetime.now(UTC), data=list(data), next=address, elsewhere=list(elsewhere)
    )


def listing_of(service: str) -> str:
    """Name what cursors of a service's export are bound to."""
    return f"export:{service}"
