"""Puts the parts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from gateway.application import Parts
from gateway.auth_client import AuthClient
from gateway.cache.invalidation import Invalidation
from gateway.cache.purges import PurgeFeed
from gateway.cache.reads import PublicReads
from gateway.cache.store import CacheStore
from gateway.callers import Callers
from gateway.credentials import cookie_name
from gateway.headers import RequestHeaders
from gateway.identity_store import IdentityStore, open_redis
from gateway.internal_redirect import InternalRedirects
from gateway.live import LiveReads
from gateway.options import Options
from gateway.origin_check import OriginPolicy
from gateway.pages import own_pages
from gateway.proxy import Proxy
from gateway.routes import RouteTable, build_routes
from gateway.sessions import Sessions
from gateway.tokens import Tokens
from gateway.upstreams import MAX_LIVE, Upstream, open_client


@asynccontextmanager
async def open_parts(options: Options) -> AsyncIterator[Parts]:
    """Open the pools and build what answers requests; nothing here waits for another server."""
    client = open_client()
    redis = open_redis(options.redis_url)
    identities = IdentityStore(redis)
    store = CacheStore(max_bytes=options.cache_max_bytes)
    feed = PurgeFeed(redis_url=options.redis_url, store=store)
    feed.start()
    upstreams = {name: Upstream(name=name, base_url=url, client=client) for name, url in options.upstream_urls.items()}
    upstreams["catalog-live"] = Upstream(
        name="the change feed", base_url=options.upstream_urls["catalog"], client=client, max_in_flight=MAX_LIVE
    )
    endpoint = urlsplit(options.s3_endpoint_url)
    object_store = Upstream(name="the object store", base_url=f"{endpoint.scheme}://{endpoint.netloc}", client=client)
    auth = AuthClient(upstream=upstreams["auth"], internal_token=options.internal_token)
    headers = RequestHeaders(secure=options.secure, trusted_proxy_hops=options.trusted_proxy_hops)
    redirects = InternalRedirects(store=object_store, endpoint_url=options.s3_endpoint_url)
    proxy = Proxy(
        upstreams=upstreams,
        headers=headers,
        callers=Callers(
            sessions=Sessions(store=identities, auth=auth),
            tokens=Tokens(store=identities, auth=auth),
            auth=auth,
            secure=options.secure,
        ),
        redirects=redirects,
        invalidation=Invalidation(store=store, client=redis),
    )
    try:
        yield Parts(
            table=RouteTable(build_routes(upload_limit_bytes=options.upload_limit_bytes)),
            proxy=proxy,
            live=LiveReads(proxy=proxy),
            reads=PublicReads(
                store=store,
                upstreams=upstreams,
                redirects=redirects,
                headers=headers,
                purges_arrive=lambda: feed.is_connected,
            ),
            origins=OriginPolicy(
                secure=options.secure,
                public_origin=options.public_origin,
                allowed_origins=options.allowed_origins,
            ),
            cookie=cookie_name(secure=options.secure),
            pages=own_pages(),
        )
    finally:
        await feed.aclose()
        await redis.aclose()
        await client.close()
