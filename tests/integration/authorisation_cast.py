"""Who tries the table of rights, and the things of theirs and of others that they try it on."""

from dataclasses import dataclass
from uuid import UUID

import httpx

from contracts.policy import Ownership
from testkit.people import PASSWORD, People
from testkit.platform import Account


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
        """Send a request; nobody stays nobody."""
        answer = await self.browser.send(request)
        if self.name == "nobody":
            self.browser.cookies.clear()
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A plugin and a submission of it."""

    plugin_id: str
    submission_id: str

    def ids(self) -> dict[str, str]:
        """Give them by their names in routes."""
        return {"plugin_id": self.plugin_id, "submission_id": self.submission_id}


class Cast:
    """Everybody, made once for a test.

    Parameters
    ----------
    people
        Makes them.
    """

    def __init__(self, people: People, *, reviewer: Account, administrator: Account) -> None:
        self._people = people
        self._known = {"reviewer": reviewer, "administrator": administrator}
        self.actors: list[Actor] = []
        self._things: dict[tuple[str, Ownership], Thing] = {}

    async def assemble(self) -> None:
        """Make actors and things."""
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
        foreign = await self._thing(await self._people.developer())
        for actor in self.actors:
            self._things[actor.name, Ownership.FOREIGN] = foreign

    def find(self, name: str) -> Actor:
        """Give an actor."""
        return next(actor for actor in self.actors if actor.name == name)

    def any_thing(self) -> Thing:
        """Give a thing for who needs it to be nobody's in particular."""
        return self._things["developer", Ownership.OWN]

    def thing(self, actor: Actor, relation: Ownership) -> Thing | None:
        """Give a thing that is this to the actor; None where there can be none."""
        return self._things.get((actor.name, relation))

    async def session(self, actor: Actor, relation: Ownership) -> str | None:
        """Give the name of a session that is this to the actor, to be ended; None where there can be none."""
        elsewhere = await self._sign_in_elsewhere(actor, relation)
        if elsewhere is None:
            return None
        listed = (await elsewhere.get("/auth/sessions")).json()["sessions"]
        return next(str(each["id"]) for each in listed if each["is_current"])

    async def token(self, actor: Actor, relation: Ownership) -> str | None:
        """Give the id of an API token that is this to the actor, to be revoked; None where there can be none."""
        elsewhere = await self._sign_in_elsewhere(actor, relation)
        if elsewhere is None:
            return None
        made = await elsewhere.post("/auth/tokens", json={"name": "A", "scopes": ["installs:read"]})
        assert made.status_code == httpx.codes.CREATED, made.text
        return str(made.json()["id"])

    async def _sign_in_elsewhere(self, actor: Actor, relation: Ownership) -> httpx.AsyncClient | None:
        """Open another session of an account whose own things are this to the actor; None where there is none."""
        holder = self.find("developer" if actor.name == "user" else "user") if relation is Ownership.FOREIGN else actor
        if holder.account is None or relation not in {Ownership.OWN, Ownership.FOREIGN}:
            return None
        elsewhere = self._people.visitor()
        body = {"email": holder.account.email, "password": holder.account.password}
        answer = await elsewhere.post("/auth/login", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return elsewhere

    async def _visitor(self) -> httpx.AsyncClient:
        """Make somebody who installed something: only a change that succeeds makes a visitor."""
        publisher = await self._people.developer()
        plugin_id = await self._people.create_plugin(publisher)
        await self._people.publish(publisher, plugin_id, "1.0.0")
        browser = self._people.visitor()
        assert (await self._people.install(browser, plugin_id)).status_code == httpx.codes.CREATED
        return browser

    async def _account(self, name: str, browser: httpx.AsyncClient) -> Actor:
        user = (await browser.get("/auth/me")).json()["user"]
        account = self._known.get(name) or Account(user["email"], PASSWORD)
        return Actor(name=name, browser=browser, account=account, user_id=UUID(user["id"]), roles=tuple(user["roles"]))

    async def _thing(self, owner: httpx.AsyncClient) -> Thing:
        plugin_id = await self._people.create_plugin(owner)
        received = await self._people.submit(owner, plugin_id, "1.0.0")
        assert received.status_code == httpx.codes.ACCEPTED, received.text
        return Thing(plugin_id=plugin_id, submission_id=received.json()["id"])
