"""The connection to OpenSearch, and its words for an outage."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import ConnectionError as ConnectionFailedError
from opensearchpy.exceptions import TransportError

from chassis.errors import ServiceUnavailableError

REQUEST_TIMEOUT_SECONDS = 20
"""For a bulk request on a machine under load; the consumer's session outlives it by its background heartbeat."""

BUSY_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""The engine is overloaded or not ready: the same request may succeed later."""


def connect(url: str) -> AsyncOpenSearch:
    """Make a client; it connects with its first request, and is to be closed."""
    # It logs every refusal as a warning, also those that are expected here, such as "exists already".
    logging.getLogger("opensearch").setLevel(logging.CRITICAL)
    return AsyncOpenSearch(hosts=[url], timeout=REQUEST_TIMEOUT_SECONDS, max_retries=0)


@contextmanager
def outages() -> Iterator[None]:
    """Turn the client's words for an outage into `ServiceUnavailableError`; what was asked may be asked again."""
    try:
        yield
    except TransportError as error:
        if isinstance(error, ConnectionFailedError) or error.status_code in BUSY_STATUSES:
            raise ServiceUnavailableError("the search engine") from error
        raise
