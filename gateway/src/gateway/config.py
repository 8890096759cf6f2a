"""Settings of the gateway; read by `gateway.main` only."""

from pydantic import SecretStr

from chassis.settings import BaseServiceSettings


class Settings(BaseServiceSettings):
    """What the gateway reads from the environment.

    Parameters
    ----------
    redis_url
        Sessions and cache purges. Without Redis, anonymous reads go on.
    auth_url, catalog_url, installs_url, publishing_url
        Base addresses of the services.
    internal_token
        Shared with auth, for ``/internal/…``.
    s3_endpoint_url
        The only place an internal redirect may lead to.
    bundle_max_bytes, source_map_max_bytes, manifest_max_bytes
        As publishing has them; their sum bounds an upload.
    cookie_secure
        True where clients come by https: the cookie is ``__Host-sid`` with Secure, else ``sid``.
    allowed_origins
        Comma-separated origins of web clients elsewhere; none by default.
    public_origin
        Such as ``https://plugins.example.org``, where the Host header is not what browsers see.
    trusted_proxy_hops
        How many proxies of ours stand before the gateway; the client's address is taken from what they wrote.
    cache_max_bytes
        Memory for cached answers.
    """

    port: int = 8080
    redis_url: SecretStr
    auth_url: str = "http://127.0.0.1:18001"
    catalog_url: str = "http://127.0.0.1:18002"
    installs_url: str = "http://127.0.0.1:18003"
    publishing_url: str = "http://127.0.0.1:18004"
    internal_token: SecretStr
    s3_endpoint_url: str
    bundle_max_bytes: int = 5_242_880
    source_map_max_bytes: int = 20_971_520
    manifest_max_bytes: int = 262_144
    cookie_secure: bool = True
    allowed_origins: str = ""
    public_origin: str = ""
    trusted_proxy_hops: int = 0
    cache_max_bytes: int = 64 * 1024 * 1024
