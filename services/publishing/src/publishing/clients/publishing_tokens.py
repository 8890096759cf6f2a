"""auth, which alone makes tokens."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from chassis.errors import ServiceUnavailableError
from chassis.telemetry import current_traceparent
from contracts.identity import INTERNAL_TOKEN_HEADER
from publishing.clients.outbound import Outbound
from publishing.domain.trusted_publishing import Assertion, Publisher
from publishing.domain.trusted_publishing_errors import AssertionUsedError, PublisherNotConfiguredError

_NAME = "the accounts service"
_ACCOUNT_GONE = {"token_unknown", "scope_not_usable"}


@dataclass(frozen=True, slots=True)
class PublishingToken:
    """A token for one plugin, and when it expires."""

    secret: str
    expires_at: datetime


class PublishingTokens:
    """Asks for tokens.

    Parameters
    ----------
    outbound
        Sends the requests.
    auth_url
        auth's base address.
    internal_token
        The secret that auth asks for.
    """

    def __init__(self, *, outbound: Outbound, auth_url: str, internal_token: str) -> None:
        self._outbound = outbound
        self._url = f"{auth_url.rstrip('/')}/internal/tokens/mint"
        self._internal_token = internal_token

    async def mint(self, publisher: Publisher, assertion: Assertion, *, address: str) -> PublishingToken:
        """Have a token made, once for each assertion.

        Raises
        ------
        AssertionUsedError
            One was made.
        PublisherNotConfiguredError
            The account that configured the publisher may not publish any more.
        ServiceUnavailableError
            auth does not answer; the assertion may be used up.
        """
        content = {
            "account_id": str(publisher.created_by),
            "plugin_id": publisher.plugin_id,
            "name": f"{publisher.plugin_id} by {publisher.issuer}",
            "issuer": assertion.issuer.url,
            "jti": assertion.jti,
            "assertion_expires_at": assertion.expires_at,
            "address": address,
        }
        headers = {
            "content-type": "application/json",
            INTERNAL_TOKEN_HEADER: self._internal_token,
            "traceparent": current_traceparent() or "",
        }
        body = json.dumps(content).encode()
        status, answer = await self._outbound.request("POST", self._url, name=_NAME, headers=headers, body=body)
        try:
            parsed = json.loads(answer)
            if status == HTTPStatus.OK:
                return PublishingToken(str(parsed["token"]), datetime.fromtimestamp(int(parsed["expires_at"]), UTC))
            code = parsed["code"]
        except (ValueError, TypeError, KeyError) as error:
            raise ServiceUnavailableError(_NAME) from error
        if code == AssertionUsedError.code:
            raise AssertionUsedError("a publishing token was made for this identity token already")
        if code in _ACCOUNT_GONE:
            raise PublisherNotConfiguredError("the account that configured the publisher may not publish any more")
        raise ServiceUnavailableError(_NAME)
