"""What the gateway is built from."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings as the parts need them; `gateway.config.Settings` documents each.

    `upstream_urls` maps the names of the route table to base addresses; `upload_limit_bytes` is manifest, bundle and
    source map together.
    """

    redis_url: str = field(repr=False)
    upstream_urls: dict[str, str]
    internal_token: str = field(repr=False)
    s3_endpoint_url: str
    upload_limit_bytes: int
    secure: bool
    allowed_origins: frozenset[str] = frozenset()
    public_origin: str = ""
    trusted_proxy_hops: int = 0
    cache_max_bytes: int = 64 * 1024 * 1024
