"""A job elsewhere proves what it is, and gets a token to publish one plugin."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.db import Database
from publishing.clients.issuer_keys import IssuerKeys
from publishing.clients.publishing_tokens import PublishingToken, PublishingTokens
from publishing.domain.assertions import find_issuer, verify
from publishing.domain.trusted_publishing import Assertion, TrustedIssuer, matches
from publishing.domain.trusted_publishing_errors import AssertionRefusedError, PublisherNotConfiguredError
from publishing.storage.publishers import list_publishers


class ExchangeAssertion:
    """Turns identity tokens of other platforms into publishing tokens.

    Whether the account behind a publisher still may publish the plugin is decided where the token is used.

    Parameters
    ----------
    database
        Of this service.
    issuers
        Who is trusted.
    keys
        Their public keys.
    tokens
        Has tokens made.
    clock
        Source of the present.
    """

    def __init__(
        self,
        *,
        database: Database,
        issuers: Sequence[TrustedIssuer],
        keys: IssuerKeys,
        tokens: PublishingTokens,
        clock: Clock,
    ) -> None:
        self._database = database
        self._issuers = issuers
        self._keys = keys
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, *, plugin_id: str, token: str, address: str) -> PublishingToken:
        """Give a token for a plugin, once for each identity token.

        Raises
        ------
        AssertionRefusedError
            The identity token is not sound.
        PublisherNotConfiguredError
            The plugin trusts no such job, or there is no such plugin.
        AssertionUsedError
            A token was made for it.
        ServiceUnavailableError
            The issuer's keys or auth are away; in the latter case the identity token may be used up.
        """
        issuer, key_id = find_issuer(token, self._issuers)
        key = await self._keys.find(issuer, key_id)
        if key is None:
            raise AssertionRefusedError("its issuer has no such key")
        assertion = verify(token, issuer=issuer, key=key, now=self._clock.now().timestamp())
        async with self._database.read() as connection:
            publishers = await list_publishers(connection, plugin_id)
        # The newest: where it was configured anew for another account, that one counts.
        publisher = next((each for each in reversed(publishers) if matches(each, assertion)), None)
        if publisher is None:
            raise PublisherNotConfiguredError(f"the identity token is of {_describe(assertion)}")
        return await self._tokens.mint(publisher, assertion, address=address)


def _describe(assertion: Assertion) -> str:
    names = (*assertion.issuer.ids, *assertion.issuer.narrowing)
    stated = [f"{name}={str(assertion.claims[name])[:200]}" for name in names if name in assertion.claims]
    return f"{assertion.issuer.name}: {', '.join(stated)}"
