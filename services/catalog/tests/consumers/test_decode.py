"""What arrives is decoded strictly; what is unknown is ignored."""

import json
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from catalog.consumers import installs, plugins
from catalog.usecases.apply_plugin_changes import ApplyPluginChanges
from catalog.usecases.count_installs import CountInstalls
from chassis.db import Database
from contracts.envelope import Event, MalformedEventError
from contracts.events.installs import InstallUpdated
from contracts.events.plugins import PluginUpdated, PluginVersionPublished


def event(kind: str, key: str, data: bytes | None) -> Event:
    headers = {"ce_id": str(uuid4()), "ce_type": kind, "ce_source": "/x", "ce_sequence": "1"}
    return Event.from_record(
        key=key.encode(),
        value=data,
        headers=[(name, value.encode()) for name, value in headers.items()]
        + [("ce_time", b"2026-11-01T12:00:00+00:00")],
    )


def test_a_plugin_event_is_read_whole(publisher: Any) -> None:
    change = publisher.change(version="1.0.0", has_source_map=True)
    data = PluginVersionPublished(plugin=change.state, version=change.version).model_dump_json().encode()
    assert plugins.decode(event(PluginVersionPublished.event_type, publisher.plugin_id, data)) == change


def test_fields_that_a_newer_producer_adds_are_ignored(publisher: Any) -> None:
    change = publisher.change()
    data = json.loads(PluginUpdated(plugin=change.state).model_dump_json())
    data["new_field"] = data["plugin"]["new_field"] = {"a": 1}
    assert plugins.decode(event(PluginUpdated.event_type, publisher.plugin_id, json.dumps(data).encode())) == change


def test_an_event_whose_key_is_another_plugin_is_refused(publisher: Any) -> None:
    data = PluginUpdated(plugin=publisher.change().state).model_dump_json().encode()
    with pytest.raises(MalformedEventError):
        plugins.decode(event(PluginUpdated.event_type, "another", data))


@pytest.mark.parametrize("data", [None, b"", b"{}", b"[]", b'{"plugin": 1}'])
def test_an_event_of_another_form_is_refused(data: bytes | None) -> None:
    with pytest.raises((MalformedEventError, ValidationError)):
        plugins.decode(event(PluginUpdated.event_type, "some-plugin", data))
    with pytest.raises((MalformedEventError, ValidationError)):
        installs.decode(event("install.created.v1", "owner:some-plugin", data))


async def test_unknown_types_and_changes_of_installs_are_passed_over(database: Database) -> None:
    unknown = event("plugin.renamed.v7", "some-plugin", b"not json")
    updated = event(InstallUpdated.event_type, "owner:some-plugin", b"not json")
    await plugins.plugins_subscription(ApplyPluginChanges(database=database)).handler([unknown])
    await installs.installs_subscription(CountInstalls(database=database)).handler([unknown, updated])
