"""The cache key of a public read."""

from urllib.parse import unquote_plus

from gateway.request import ClientRequest


def cache_key(request: ClientRequest) -> str:
    """Give the key: the path and the query with its parameters in the order of their names.

    Values of the same name keep their order, because it may mean something to the service. Names are compared decoded,
    else ``q`` and ``%71`` would swap places unnoticed. No header is part of the key, and none that a client can vary
    reaches the service (`RequestHeaders.for_everybody`), so one client cannot shape what another one gets.
    """
    if not request.query:
        return request.path
    pairs = [pair for pair in request.query.split("&") if pair]
    pairs.sort(key=lambda pair: unquote_plus(pair.partition("=")[0]))
    return f"{request.path}?{'&'.join(pairs)}"
