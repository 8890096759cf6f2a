"""Who tries the table of rights, and the things of theirs and of others that they try it on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import httpx

from contracts.policy import Ownership
from testkit.people import PASSWORD, People
from testkit.platform import Account

_ROLES = {
    Ownership.ORGANISATION_OWNER: "owner",
    Ownership.ORGANISATION_MAINTAINER: "maintainer",
    Ownership.ORGANISATION_MEMBER: "member",
}
_USED_UP = {"DELETE /organisations/{slug}", "DELETE /organisations/{slug}/membership"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody, by the name of a column of the table.

    Parameters
    ----------
    account
        Signs in once more; None for who has no account.
    """

    name: str
    browser: httpx.AsyncClient
    account: Account | None = None
    user_id: UUID | None = None
    roles: tuple[str, ...] = ()

    async def ask(self, request: httpx.Request) -> httpx.Response:
        """Send a request; nobody stays nobody, and who signs out comes back."""
        answer = await self.browser.send(request)
        if self.account is not None and request.url.path.endswith("/auth/logout"):
            body = {"email": self.account.email, "password": self.account.password}
            assert (await self.browser.post("/auth/login", json=body)).status_code == httpx.codes.OK
        if self.name == "nobody":
            self.browser.cookies.clear()
        return answer


class Cast:
    """Everybody, made once for a test.

    Parameters
    ----------
    people
        Makes them.
    reviewer, administrator
        The accounts that are there already.
    """

    def __init__(self, people: People, *, reviewer: Account, administrator: Account) -> None:
        self._people = people
        self._known = {"reviewer": reviewer, "administrator": administrator}
        self.actors: list[Actor] = []
        self._founder = people.visitor()
        self._things: dict[tuple[str, Ownership], dict[str, str]] = {}

    async def assemble(self) -> None:
        """Make actors and things."""
        self._founder = await self._people.developer()
        developer = await self._account("developer", await self._people.developer())
        self.actors = [
            Actor(name="nobody", browser=self._people.visitor()),
            Actor(name="visitor", browser=await self._visitor()),
            await self._account("user", await self._people.register()),
            developer,
            await self._account("reviewer", await self._people.reviewer()),
            await self._account("administrator", await self._people.administrator()),
        ]
        self._things["developer", Ownership.OWN] = await self._thing(developer.browser)
        foreign = await self._thing(self._founder) | {"slug": await self._organisation(())}
        for actor in self.actors:
            self._things[actor.name, Ownership.FOREIGN] = foreign
        members = [actor for actor in self.actors if actor.account is not None]
        for relation, role in _ROLES.items():
            thing = await self._organisation_with_plugin(members, role)
            for actor in members:
                self._things[actor.name, relation] = thing

    def find(self, name: str) -> Actor:
        """Give an actor."""
        return next(actor for actor in self.actors if actor.name == name)

    async def ids(self, route: str, actor: Actor, relation: Ownership | None) -> dict[str, str] | None:
        """Give ids of what is this to the actor, for the words in a route; None where there can be no such thing.

        What a request may use up is made for it.
        """
        words = set(re.findall(r"{(\w+)}", route)) & {"plugin_id", "submission_id", "slug"}
        if "session_id" in route:
            return await self._session(actor, relation or Ownership.OWN)
        if "transfer_id" in route:
            return await self._transfer(actor, relation or Ownership.OWN)
        if "token_id" in route:
            return await self._token(actor, relation or Ownership.OWN)
        if "/auth/invitations/" in route:
            return await self._invitation(actor, relation or Ownership.OWN)
        if route in _USED_UP and relation in _ROLES and actor.account is not None:
            return {"slug": await self._organisation([actor], _ROLES[relation])}
        owned = ("developer", Ownership.OWN) if relation is None else (actor.name, relation)
        found = self._things.get(owned)
        return found if found is not None and words <= found.keys() else None

    async def _session(self, actor: Actor, relation: Ownership) -> dict[str, str] | None:
        elsewhere = await self._sign_in_elsewhere(actor, relation)
        if elsewhere is None:
            return None
        listed = (await elsewhere.get("/auth/sessions")).json()["sessions"]
        return {"session_id": next(str(each["id"]) for each in listed if each["is_current"])}

    async def _transfer(self, actor: Actor, relation: Ownership) -> dict[str, str] | None:
        thing = self._things.get((actor.name, relation), {})
        if relation in _ROLES and "organisation_id" in thing:
            receiver = {"kind": "organisation", "id": thing["organisation_id"]}
        elif (holder := self._holder(actor, relation)) is not None and holder.user_id is not None:
            receiver = {"kind": "account", "id": str(holder.user_id)}
        else:
            return None
        plugin_id = await self._people.create_plugin(self._founder)
        answer = await self._founder.post(f"/developer/plugins/{plugin_id}/transfer", json={"to": receiver})
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return {"transfer_id": answer.json()["id"]}

    async def _token(self, actor: Actor, relation: Ownership) -> dict[str, str] | None:
        elsewhere = await self._sign_in_elsewhere(actor, relation)
        if elsewhere is None:
            return None
        made = await elsewhere.post("/auth/tokens", json={"name": "A", "scopes": ["installs:read"]})
        assert made.status_code == httpx.codes.CREATED, made.text
        return {"token_id": str(made.json()["id"])}

    async def _sign_in_elsewhere(self, actor: Actor, relation: Ownership) -> httpx.AsyncClient | None:
        """Open another session of an account whose own things are this to the actor; None where there is none."""
        holder = self._holder(actor, relation)
        if holder is None or holder.account is None:
            return None
        elsewhere = self._people.visitor()
        body = {"email": holder.account.email, "password": holder.account.password}
        answer = await elsewhere.post("/auth/login", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return elsewhere

    async def _invitation(self, actor: Actor, relation: Ownership) -> dict[str, str] | None:
        holder = self._holder(actor, relation)
        if holder is None or holder.account is None:
            return None
        founder = await self._people.register("Founder")
        slug = await self._people.create_organisation(founder)
        return {"invitation_id": await self._people.invite(founder, slug, holder.account.email, "member")}

    def _holder(self, actor: Actor, relation: Ownership) -> Actor | None:
        """Give who has what is this to the actor, where it belongs to one account."""
        if relation is Ownership.FOREIGN:
            return self.find("developer" if actor.name == "user" else "user")
        return actor if relation is Ownership.OWN else None

    async def _organisation(self, members: Iterable[Actor], role: str = "member") -> str:
        founder = await self._people.register("Founder")
        slug = await self._people.create_organisation(founder)
        for member in members:
            await self._people.join(founder, slug, member.browser, role)
        return slug

    async def _organisation_with_plugin(self, members: Iterable[Actor], role: str) -> dict[str, str]:
        slug = await self._people.create_organisation(self._founder)
        organisation_id = (await self._founder.get(f"/organisations/{slug}")).json()["id"]
        for member in members:
            await self._people.join(self._founder, slug, member.browser, role)
        thing = await self._thing(self._founder, organisation_id=organisation_id)
        return {**thing, "slug": slug, "organisation_id": organisation_id}

    async def _visitor(self) -> httpx.AsyncClient:
        """Make somebody who installed something: only a change that succeeds makes a visitor."""
        plugin_id = await self._people.create_plugin(self._founder)
        await self._people.publish(self._founder, plugin_id, "1.0.0")
        browser = self._people.visitor()
        assert (await self._people.install(browser, plugin_id)).status_code == httpx.codes.CREATED
        return browser

    async def _account(self, name: str, browser: httpx.AsyncClient) -> Actor:
        user = (await browser.get("/auth/me")).json()["user"]
        account = self._known.get(name) or Account(user["email"], PASSWORD)
        return Actor(name=name, browser=browser, account=account, user_id=UUID(user["id"]), roles=tuple(user["roles"]))

    async def _thing(self, owner: httpx.AsyncClient, **listing: str) -> dict[str, str]:
        """Make a plugin and a submission of it."""
        plugin_id = await self._people.create_plugin(owner, **listing)
        received = await self._people.submit(owner, plugin_id, "1.0.0")
        assert received.status_code == httpx.codes.ACCEPTED, received.text
        return {"plugin_id": plugin_id, "submission_id": received.json()["id"]}
