"""Organisations that have another name, or are no more: their plugins follow."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from chassis.db import Database
from contracts.envelope import Event, EventData
from contracts.events.accounts import AccountDeleted
from contracts.events.organisations import OrganisationDeleted, OrganisationRenamed
from contracts.identity import DELETED_NAME, Membership
from publishing.consumers.accounts import accounts_subscription
from publishing.consumers.organisations import organisations_subscription
from publishing.usecases import follow_organisations
from publishing.usecases.erase_account import EraseAccount
from publishing.usecases.follow_organisations import FollowOrganisations
from testkit.identities import TokenSigner

Say = Callable[..., Awaitable[None]]


class Labs:
    """An organisation of a test's own, with as many members as it takes."""

    def __init__(self, person: Callable[..., Any], token_for: TokenSigner) -> None:
        self.id = uuid4()
        self._person = person
        self._token_for = token_for

    def member(self, role: Literal["owner", "maintainer"] = "owner", name: str = "Labs") -> Any:
        somebody = self._person("developer")
        somebody.headers = self._token_for.headers(
            subject=somebody.subject,
            roles=["user", "developer"],
            organisations=[Membership(id=self.id, role=role, name=name)],
            name="Ann",
        )
        return somebody

    def renamed(self, name: str) -> OrganisationRenamed:
        return OrganisationRenamed(organisation_id=self.id, name=name, renamed_at=datetime.now(UTC))

    def deleted_by(self, heir: Any) -> OrganisationDeleted:
        return OrganisationDeleted(
            organisation_id=self.id, heir_id=UUID(heir.subject), heir_name="Hera", deleted_at=datetime.now(UTC)
        )


@pytest.fixture
def labs(person: Callable[..., Any], token_for: TokenSigner) -> Labs:
    return Labs(person, token_for)


@pytest.fixture
def say(database: Database) -> Say:
    """``await say(fact, sequence)`` has the consumers apply an event."""
    erase = EraseAccount(database=database)
    subscriptions = [
        accounts_subscription(erase),
        organisations_subscription(FollowOrganisations(database=database, erase=erase)),
    ]

    async def say(fact: EventData, sequence: int = 1) -> None:
        event = Event(
            id=uuid4(), type=fact.event_type, source="/test", key="any", sequence=sequence, time=datetime.now(UTC),
            data=fact.model_dump_json().encode(),
        )  # fmt: skip
        for subscription in subscriptions:
            if fact.topic in subscription.topics:
                await subscription.handler([event])

    return say


async def author_of(outbox_of: Any, plugin_id: str) -> tuple[str, str, int]:
    """Give who its newest event says the author is, and the number of that event; none is left out."""
    events = await outbox_of(plugin_id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    author = events[-1].payload["plugin"]["author"]
    return author["id"], author["name"], len(events)


async def test_every_plugin_takes_its_organisation_s_new_name_once(
    labs: Labs, say: Say, outbox_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_organisations, "BATCH_PLUGINS", 2)
    owner = labs.member()
    ids = [await owner.register(organisation_id=str(labs.id)) for _ in range(5)]
    own = await owner.register()
    for _ in range(2):
        await say(labs.renamed("New Labs"))
    for plugin_id in ids:
        assert await author_of(outbox_of, plugin_id) == (str(labs.id), "New Labs", 2)
    assert await author_of(outbox_of, own) == (owner.subject, "Ann", 1)


async def test_an_older_event_that_comes_late_changes_nothing(labs: Labs, say: Say, outbox_of: Any) -> None:
    owner = labs.member()
    plugin_id = await owner.register(organisation_id=str(labs.id))
    await say(labs.renamed("Third"), 3)
    await say(labs.renamed("Second"), 2)
    assert await author_of(outbox_of, plugin_id) == (str(labs.id), "Third", 2)
    await say(labs.deleted_by(owner), 4)
    await say(labs.renamed("Third"), 3)
    assert await author_of(outbox_of, plugin_id) == (owner.subject, "Hera", 3)


async def test_an_identity_of_before_the_rename_does_not_bring_the_old_name_back(
    labs: Labs, say: Say, outbox_of: Any
) -> None:
    stale = labs.member()
    plugin_id = await stale.register(organisation_id=str(labs.id))
    await say(labs.renamed("New Labs"))
    assert (await stale.patch(f"/developer/plugins/{plugin_id}", json={"name": "B"})).status_code == 200
    assert await author_of(outbox_of, plugin_id) == (str(labs.id), "New Labs", 3)
    another = await stale.register(organisation_id=str(labs.id))
    assert await author_of(outbox_of, another) == (str(labs.id), "New Labs", 1)


async def test_what_a_deleted_organisation_owned_is_its_heir_s(
    labs: Labs, person: Callable[..., Any], say: Say, outbox_of: Any, rows_of: Any
) -> None:
    heir, other, giver = labs.member(), labs.member("maintainer"), person("developer")
    plugin_id, offered = [await heir.register(organisation_id=str(labs.id)) for _ in range(2)]
    foreign = await giver.register()
    to_giver = {"to": {"kind": "account", "id": giver.subject}}
    to_labs = {"to": {"kind": "organisation", "id": str(labs.id)}}
    offers = [
        await heir.post(f"/developer/plugins/{offered}/transfer", json=to_giver),
        await giver.post(f"/developer/plugins/{foreign}/transfer", json=to_labs),
    ]
    assert [offer.status_code for offer in offers] == [201, 201]

    for _ in range(2):
        await say(labs.deleted_by(heir), 2)

    for each in (plugin_id, offered):
        assert await author_of(outbox_of, each) == (heir.subject, "Hera", 2)
    assert (await author_of(outbox_of, foreign))[0] == giver.subject
    assert (await heir.patch(f"/developer/plugins/{plugin_id}", json={"name": "B"})).status_code == 200
    refused = await other.patch(f"/developer/plugins/{plugin_id}", json={"name": "C"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")
    for offer, receiver in zip(offers, (giver, heir), strict=True):
        late = await receiver.post(f"/developer/transfers/{offer.json()['id']}/accept")
        assert (late.status_code, late.json()["code"]) == (404, "transfer_not_found")
        [row] = await rows_of("SELECT * FROM transfers WHERE id = CAST(:id AS uuid)", id=offer.json()["id"])
        assert (row.outcome, str(row.ended_by)) == ("withdrawn", heir.subject)


async def test_a_deleted_organisation_gets_nothing_any_more(
    labs: Labs, person: Callable[..., Any], say: Say, rows_of: Any
) -> None:
    stale, giver = labs.member(), person("developer")
    await say(labs.deleted_by(stale))
    body = {"id": f"p-{uuid4().hex[:12]}", "name": "x", "description": "x", "category": "utilities"}
    refused = await stale.post("/developer/plugins", json={**body, "organisation_id": str(labs.id)})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_member")
    plugin_id = await giver.register()
    to_labs = {"to": {"kind": "organisation", "id": str(labs.id)}}
    offer = (await giver.post(f"/developer/plugins/{plugin_id}/transfer", json=to_labs)).json()["id"]
    late = await stale.post(f"/developer/transfers/{offer}/accept")
    assert (late.status_code, late.json()["code"]) == (404, "transfer_not_found")
    assert await rows_of("SELECT FROM plugins WHERE owner_id = CAST(:id AS uuid)", id=str(labs.id)) == []


@pytest.mark.parametrize("erased_first", [True, False])
async def test_what_goes_to_an_account_that_is_no_more_is_erased_with_it(
    erased_first: bool, labs: Labs, say: Say, outbox_of: Any
) -> None:
    heir = labs.member()
    plugin_id = await heir.register(organisation_id=str(labs.id))
    facts: list[EventData] = [
        AccountDeleted(user_id=UUID(heir.subject), deleted_at=datetime.now(UTC)),
        labs.deleted_by(heir),
    ]
    for fact in facts if erased_first else reversed(facts):
        await say(fact)
    assert await author_of(outbox_of, plugin_id) == (heir.subject, DELETED_NAME, 3)
    names = {event.payload["plugin"]["author"]["name"] for event in await outbox_of(plugin_id)}
    assert ("Hera" in names) is not erased_first
