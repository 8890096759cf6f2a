"""The read model follows plugins.v1, guarded by the sequence, and every public state becomes a document."""

import random
from typing import Any

import pytest


async def test_a_draft_is_kept_and_nobody_is_told(publisher: Any, tables: Any) -> None:
    await publisher.send()
    row = await tables.plugin(publisher.plugin_id)
    assert (row.status, row.latest_version, row.published_at, row.source_sequence) == ("draft", None, None, 1)
    assert await tables.outbox(publisher.plugin_id) == []


async def test_a_published_version_lists_the_plugin_and_emits_its_document(publisher: Any, tables: Any) -> None:
    await publisher.send()
    change = await publisher.send(version="1.0.0", name="Chart", tags=("b", "a"), icon_url="https://x.test/i.png")
    row = await tables.plugin(publisher.plugin_id)
    assert (row.status, row.latest_version, row.published_at) == ("published", "1.0.0", change.version.published_at)
    [event] = await tables.outbox(publisher.plugin_id)
    assert (event.type, event.sequence) == ("plugin-document.v1", 1)
    assert event.payload == {
        "plugin_id": publisher.plugin_id,
        "name": "Chart",
        "description": "Draws charts.",
        "author": {"id": str(publisher.author_id), "name": "Ann Author"},
        "category": "utilities",
        "tags": ["b", "a"],
        "icon_url": "https://x.test/i.png",
        "latest_version": "1.0.0",
        "install_count": 0,
        "rating_average": 0.0,
        "rating_count": 0,
        "published_at": "2026-11-01T12:02:00Z",
        "updated_at": "2026-11-01T12:02:00Z",
        "change": "content",
    }


async def test_a_replayed_event_changes_nothing_and_tells_nobody(publisher: Any, tables: Any) -> None:
    change = await publisher.send(version="1.0.0")
    before = await tables.plugin(publisher.plugin_id)
    await publisher.apply.apply([change])
    await publisher.apply.apply([change, change])
    assert await tables.plugin(publisher.plugin_id) == before
    assert len(await tables.outbox(publisher.plugin_id)) == 1


async def test_an_older_state_that_arrives_late_does_not_replace_the_newer_one(publisher: Any, tables: Any) -> None:
    await publisher.send(version="1.0.0")
    older, newer = publisher.change(name="older"), publisher.change(name="newer")
    await publisher.apply.apply([newer])
    await publisher.apply.apply([older])
    row = await tables.plugin(publisher.plugin_id)
    assert (row.name, row.source_sequence) == ("newer", 3)
    assert [event.payload["name"] for event in await tables.outbox(publisher.plugin_id)][1:] == ["newer"]


async def test_a_version_that_arrives_late_is_added_although_the_state_is_newer(publisher: Any, tables: Any) -> None:
    await publisher.send(version="1.0.0")
    late, newer = publisher.change(version="2.0.0", name="late"), publisher.change(name="newer")
    await publisher.apply.apply([newer])
    await publisher.apply.apply([late])
    row = await tables.plugin(publisher.plugin_id)
    assert (row.name, row.latest_version) == ("newer", "2.0.0")
    documents = await tables.outbox(publisher.plugin_id)
    assert (documents[-1].payload["name"], documents[-1].payload["latest_version"]) == ("newer", "2.0.0")


async def test_a_batch_of_one_plugin_makes_one_document_of_its_last_state(publisher: Any, tables: Any) -> None:
    changes = [publisher.change(), publisher.change(version="1.0.0"), publisher.change(name="last")]
    await publisher.apply.apply([changes[2], changes[0], changes[1]])
    [document] = await tables.outbox(publisher.plugin_id)
    assert (document.payload["name"], document.payload["latest_version"]) == ("last", "1.0.0")
    assert (await tables.plugin(publisher.plugin_id)).source_sequence == 3


async def test_a_batch_of_two_plugins_makes_a_document_for_each(
    publisher: Any, another_publisher: Any, tables: Any
) -> None:
    await publisher.apply.apply([another_publisher.change(version="1.0.0"), publisher.change(version="2.0.0")])
    for who, version in ((publisher, "2.0.0"), (another_publisher, "1.0.0")):
        [document] = await tables.outbox(who.plugin_id)
        assert document.payload["latest_version"] == version


async def test_a_suspended_plugin_leaves_a_tombstone_and_its_numbers_go_on_when_it_is_restored(
    publisher: Any, tables: Any
) -> None:
    await publisher.send(version="1.0.0")
    await publisher.send(status="suspended")
    await publisher.send(status="published")
    await publisher.send(status="suspended")
    events = await tables.outbox(publisher.plugin_id)
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert [event.payload is None for event in events] == [False, True, False, True]
    assert [event.type for event in events][1:3] == ["plugin-document.removed.v1", "plugin-document.v1"]


async def test_a_draft_that_is_suspended_never_had_a_document_and_leaves_no_tombstone(
    publisher: Any, tables: Any
) -> None:
    await publisher.send()
    await publisher.send(status="suspended")
    assert await tables.outbox(publisher.plugin_id) == []


@pytest.mark.parametrize(
    ("published", "latest"),
    [
        (["9.0.0", "10.0.0"], "10.0.0"),
        (["10.0.0", "9.0.0"], "10.0.0"),
        (["1.0.0-rc.1", "1.0.0"], "1.0.0"),
        (["1.0.0", "1.0.0-rc.1"], "1.0.0"),
        (["1.0.0", "2.0.0-beta.1"], "1.0.0"),
        (["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.11", "1.0.0-beta.2"], "1.0.0-beta.11"),
        (["1.2.10", "1.2.9", "1.10.0", "1.9.99"], "1.10.0"),
        (["0.0.1", "0.0.9999999999"], "0.0.9999999999"),
    ],
)
async def test_the_latest_version_is_the_highest_release_else_the_highest_prerelease(
    publisher: Any, tables: Any, published: list[str], latest: str
) -> None:
    for version in published:
        await publisher.send(version=version)
    assert (await tables.plugin(publisher.plugin_id)).latest_version == latest


async def test_any_order_of_delivery_ends_in_the_same_state(publisher: Any, tables: Any) -> None:
    versions = [None, "1.0.0", "1.1.0-rc.1", None, "1.1.0", "0.9.0", None]
    changes = [publisher.change(version=version, name=f"name {n}") for n, version in enumerate(versions)]
    expected = ("name 6", "1.1.0", 7)
    order = random.Random(4)
    for _ in range(5):
        await tables.run("DELETE FROM versions WHERE plugin_id = :id", id=publisher.plugin_id)
        await tables.run("DELETE FROM plugins WHERE id = :id", id=publisher.plugin_id)
        mixed = [*changes, *changes]
        order.shuffle(mixed)
        for start in range(0, len(mixed), 3):
            await publisher.apply.apply(mixed[start : start + 3])
        row = await tables.plugin(publisher.plugin_id)
        assert (row.name, row.latest_version, row.source_sequence) == expected
        assert row.published_at == changes[1].version.published_at


async def test_a_plugin_without_optional_fields_loses_those_it_had(publisher: Any, tables: Any) -> None:
    await publisher.send(version="1.0.0", homepage="https://x.test", license="MIT", tags=("a",))
    await publisher.send(tags=())
    row = await tables.plugin(publisher.plugin_id)
    assert (row.homepage, row.license, row.tags) == (None, None, [])


async def test_awkward_texts_survive_unchanged(publisher: Any, tables: Any) -> None:
    name, description = "O'Neil \"; DROP TABLE 😀", "%s :id {0} \\ \u202fline\nbreak"
    manifest = {"text": name, "number": 1e-7, "big": 2**53, "deep": [{"a": None}, True]}
    await publisher.send(
        version="1.0.0", name=name, description=description, tags=("a,b", '"', "{}"), manifest=manifest
    )
    row = await tables.plugin(publisher.plugin_id)
    assert (row.name, row.description, row.tags) == (name, description, ["a,b", '"', "{}"])
    [version] = await tables.run("SELECT manifest FROM versions WHERE plugin_id = :id", id=publisher.plugin_id)
    assert version.manifest == manifest
    [document] = await tables.outbox(publisher.plugin_id)
    assert (document.payload["name"], document.payload["tags"]) == (name, ["a,b", '"', "{}"])
