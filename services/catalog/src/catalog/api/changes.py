"""GET /changes: everything that becomes public, for clients that do not speak Kafka."""

import asyncio
from contextlib import ExitStack
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from catalog.api.answers import MEDIA_TYPE
from catalog.api.change_cursors import encode_mark, parse_since
from catalog.api.change_schemas import ChangePage
from catalog.api.change_stream import MEDIA_TYPE as STREAM_MEDIA_TYPE
from catalog.api.change_stream import PAGE_BYTES, PAGE_CHANGES, ChangeStream
from catalog.domain.change_pages import Mark, Page, Wanted
from catalog.domain.changes import ChangeType
from catalog.usecases.read_changes import ReadChanges
from chassis.app import API_PREFIX
from chassis.strict_body import StrictRoute

router = APIRouter(prefix=API_PREFIX, route_class=StrictRoute, tags=["changes"])

_DEFAULT_LIMIT = 100
_DEFAULT_WAIT_SECONDS = 25
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            STREAM_MEDIA_TYPE: {
                "schema": {"type": "string"},
                "example": "id: 6f9619ff-8b86-4d01-b42d-00cf4fc964ff\nevent: plugin-document.v1\ndata: {…}\n\n",
            }
        },
        "headers": {
            "Link": {"description": 'Address of what comes next, rel="next"; JSON only.', "schema": {"type": "string"}}
        },
    },
    400: {"description": "`cursor_invalid`: the place to go on from cannot be read", "content": _PROBLEM},
    410: {"description": "`changes_gone`: begin anew without `since` and `Last-Event-ID`", "content": _PROBLEM},
    503: {"description": "`too_many_readers`: come back after Retry-After", "content": _PROBLEM},
}


async def _read_changes(request: Request) -> ReadChanges:
    found: ReadChanges = request.app.state.read_changes
    return found


@router.get(
    "/changes",
    summary="Follow what changes",
    description=(
        "Every public change of every plugin, in one order: documents, removals, published versions, reviews. Without "
        "`since` you get each plugin's newest document first, then all that comes; nothing is left out or told twice.\n"
        "\n"
        "As JSON it is a long poll: it answers at once when there is something, else after `wait` seconds with an empty"
        " list. With `Accept: text/event-stream` it is a stream of server-sent events that goes on by itself: `id` is"
        " the event's id, `event` its type, `data` the same JSON object; browsers resume by `Last-Event-ID`.\n\n"
        "What is public is decided when you read: of a suspended plugin only its removal is told, and of a user's "
        "review only the newest text."
    ),
    response_model=ChangePage,
    responses=_RESPONSES,
)
async def follow_changes(
    request: Request,
    read_changes: Annotated[ReadChanges, Depends(_read_changes)],
    since: Annotated[
        str | None, Query(description="`cursor` of an answer, id of an event, or `now`; absent: from the beginning")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="The last `id` of a stream; wins over `since`")
    ] = None,
    types: Annotated[
        list[ChangeType] | None, Query(max_length=20, description="Only events of this type; repeat it for more")
    ] = None,
    counts: Annotated[
        bool, Query(description="Also documents in which nothing but counts and ratings changed: there are many")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=500, description="Changes in an answer; JSON only")] = _DEFAULT_LIMIT,
    wait: Annotated[int, Query(ge=0, le=30, description="Seconds to wait for a change; JSON only")] = (
        _DEFAULT_WAIT_SECONDS
    ),
) -> Response:
    wanted = Wanted(types=tuple(sorted(set(types or ChangeType))), with_figures=counts, limit=limit)
    mark = await read_changes.begin(parse_since(since, last_event_id))
    if _wants_stream(request):
        place = ExitStack()
        place.enter_context(read_changes.place())  # here, where a refusal is still an answer
        bounded = Wanted(types=wanted.types, with_figures=counts, limit=PAGE_CHANGES, max_bytes=PAGE_BYTES)
        return ChangeStream(read_changes, mark, bounded, on_end=place.close)
    with read_changes.place():
        return await _poll(request, read_changes, mark, wanted, wait_seconds=wait)


async def _poll(
    request: Request, read_changes: ReadChanges, mark: Mark, wanted: Wanted, *, wait_seconds: float
) -> Response:
    """Answer a long poll; a client that leaves gives its place back at once."""
    reading = asyncio.create_task(read_changes.read(mark, wanted, wait_seconds=wait_seconds))
    leaving = asyncio.create_task(_wait_for_end(request))
    try:
        await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return _answer(request, *reading.result()) if reading.done() else Response(status_code=204)  # nobody reads it
    finally:
        reading.cancel()
        leaving.cancel()


async def _wait_for_end(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _wants_stream(request: Request) -> bool:
    """Say whether the client names the stream's media type; `*/*` gets JSON."""
    ranges = [part.strip() for value in request.headers.getlist("accept") for part in value.lower().split(",")]
    return any(
        media_range.partition(";")[0].strip() == STREAM_MEDIA_TYPE and "q=0" not in media_range.split(";")[1:]
        for media_range in ranges
    )


def _answer(request: Request, page: Page, mark: Mark) -> Response:
    cursor = encode_mark(mark)
    body = b'{"changes":[' + b",".join(change.json for change in page.changes) + b'],"cursor":"%s"}' % cursor.encode()
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != "since"]
    link = f'<{request.url.path}?{urlencode([*kept, ("since", cursor)])}>; rel="next"'
    return Response(body, 200, {"cache-control": "no-store", "vary": "Accept", "link": link}, MEDIA_TYPE)
