"""Reading and writing places in the change feed."""

import re
from uuid import UUID

from catalog.domain.change_pages import Mark, Since
from chassis.cursors import decode_cursor, encode_cursor
from chassis.errors import CursorInvalidError, FieldError

_LISTING = "changes"
_EVENT_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def encode_mark(mark: Mark) -> str:
    """Write where a reader stands."""
    return encode_cursor(_LISTING, [mark.position, mark.caught_up_at])


def parse_since(since: str | None, last_event_id: str | None) -> Since:
    """Read from where somebody wants to go on; the header wins, since browsers repeat the address as it was.

    Raises
    ------
    CursorInvalidError
        It is neither a cursor of this feed, nor an event's id, nor ``now``.
    """
    if last_event_id:
        return _parse(last_event_id, parameter="Last-Event-ID")
    return _parse(since, parameter="since") if since is not None else None


def _parse(given: str, *, parameter: str) -> Since:
    if given == "now":
        return "now"
    if _EVENT_ID.fullmatch(given):
        return UUID(given)
    try:
        position, caught_up_at = decode_cursor(_LISTING, given, length=2)
    except CursorInvalidError as error:
        raise _refusal(parameter) from error
    if not all(type(value) is int and value >= 0 for value in (position, caught_up_at)):
        raise _refusal(parameter)
    return Mark(position=position, caught_up_at=caught_up_at)


def _refusal(parameter: str) -> CursorInvalidError:
    sentence = f"{parameter!r} is neither a cursor of this feed, nor an event's id, nor 'now'"
    return CursorInvalidError(
        sentence,
        errors=[FieldError(code="cursor_invalid", detail=sentence, parameter=parameter)],
        remedy="Send the 'cursor' of the answer before, or the id of the last event you had; without either you begin"
        " with every plugin's newest document.",
    )
