"""Groups that go back, by the command line, on a real broker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.topics import PLUGIN_DOCUMENTS, REVIEWS
from testkit.waiting import eventually

NOON = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)


async def with_five_applied(service: Any) -> None:
    """Five events of one key, an hour between each and the next, all applied; nobody is at work any more."""
    for number in range(1, 6):
        await service.send("key", number, at=NOON + timedelta(hours=number - 1))
    async with service.running():
        await service.until_applied(("key", 5))


async def committed(events: Any) -> bool:
    ran = await events("lag", "--json")
    return bool(ran.code == 0 and ran.document[0]["lag"] == 0 and ran.document[0]["members"] == 0)


def delivered(ran: Any) -> int:
    return sum(row["delivered_again"] for row in ran.document)


async def test_a_rewind_by_time_takes_the_events_since_then_and_a_rehearsal_takes_none(
    service: Any, events: Any
) -> None:
    await with_five_applied(service)
    await eventually(lambda: committed(events), timeout_seconds=30)
    since = (NOON + timedelta(hours=2, minutes=30)).isoformat()
    rehearsal = await events("rewind", service.group, "--to-time", since, "--dry-run", "--json")
    assert (rehearsal.code, delivered(rehearsal)) == (0, 2)
    assert await committed(events)
    assert (await events("rewind", service.group, "--to-time", since)).code == 0
    assert (await events("lag", "--json")).document[0]["lag"] == 2
    service.applied.clear()
    async with service.running():
        await service.until_applied(("key", 4), ("key", 5))
    assert service.applied == [("key", 4), ("key", 5)]


async def test_a_rewind_goes_to_offsets_and_to_the_beginning_and_never_ahead(service: Any, events: Any) -> None:
    await with_five_applied(service)
    await eventually(lambda: committed(events), timeout_seconds=30)
    rows = (await events("rewind", service.group, "--to-beginning", "--dry-run", "--json")).document
    (mine,) = (row for row in rows if row["delivered_again"])
    assert (mine["from"], mine["to"], mine["delivered_again"]) == (5, 0, 5)
    place = f"{REVIEWS.name}:{mine['partition']}"
    moved = await events("rewind", service.group, "--to-offset", f"{place}:3", "--json")
    assert (moved.code, delivered(moved)) == (0, 2)
    ahead = await events("rewind", service.group, "--to-offset", f"{place}:5")
    assert (ahead.code, "events would be lost" in ahead.err) == (1, True)
    for arguments in (("--to-offset", f"{REVIEWS.name}:99:0"), ("--to-time", "yesterday"), ()):
        assert (await events("rewind", service.group, *arguments)).code == 2
    assert (await events("rewind", "nobody", "--to-beginning")).code == 2


async def test_a_group_at_work_is_not_moved(service: Any, events: Any) -> None:
    async with service.running():

        async def has_members() -> bool:
            ran = await events("lag", "--json")
            return bool(ran.code == 0 and ran.document[0]["members"])

        await eventually(has_members, timeout_seconds=30)
        refused = await events("rewind", service.group, "--to-beginning")
        assert (refused.code, "make stop S=test-work" in refused.err) == (1, True)
        assert (await events("rewind", service.group, "--to-beginning", "--dry-run")).code == 0


async def test_a_group_that_has_forgotten_is_not_moved_unless_forced(service: Any, events: Any) -> None:
    service.subscription = replace(service.subscription, remembers_days=1)
    await service.send("key", 1, at=datetime.now(UTC) - timedelta(days=2))
    await service.send("key", 2)
    async with service.running():
        await service.until_applied(("key", 2))
    await eventually(lambda: committed(events), timeout_seconds=30)
    yesterday = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert (await events("rewind", service.group, "--to-time", yesterday, "--dry-run")).code == 0
    refused = await events("rewind", service.group, "--to-beginning")
    assert (refused.code, "a second time" in refused.err) == (1, True)
    assert await committed(events)
    assert (await events("rewind", service.group, "--to-beginning", "--force")).code == 0
    assert not await committed(events)


async def test_what_cannot_be_rebuilt_says_why(service: Any, events: Any) -> None:
    ran = await events("rebuild", service.group)
    assert (ran.code, "reviews.v1 is kept for 14 days" in ran.err) == (2, True)
    service.subscription = replace(service.subscription, topics=(PLUGIN_DOCUMENTS.name,))
    ran = await events("rebuild", service.group)
    assert (ran.code, "days" in ran.err, "By this command: none." in ran.err) == (2, False, True)
    assert (await events("rebuild", "nobody")).code == 2
