"""The composition root: settings → parts → server."""

from functools import partial

from chassis.telemetry import configure_logging
from gateway.application import Gateway
from gateway.assembly import open_parts
from gateway.config import Settings
from gateway.openapi_command import run_openapi
from gateway.options import Options
from gateway.server import make_server


def serve(_arguments: list[str]) -> None:
    """Serve until a signal ends it gracefully."""
    settings = Settings()
    configure_logging(settings.log_level)
    gateway = Gateway(partial(open_parts, options_of(settings)))
    make_server(gateway, host=settings.host, port=settings.port).run()


def openapi(arguments: list[str]) -> None:
    """Print or write the merged API document; see `gateway.openapi_command`."""
    run_openapi(arguments)


def options_of(settings: Settings) -> Options:
    """Give the parts' options of the process's settings."""
    return Options(
        redis_url=settings.redis_url.get_secret_value(),
        upstream_urls={
            "auth": settings.auth_url,
            "catalog": settings.catalog_url,
            "installs": settings.installs_url,
            "publishing": settings.publishing_url,
        },
        internal_token=settings.internal_token.get_secret_value(),
        s3_endpoint_url=settings.s3_endpoint_url,
        upload_limit_bytes=settings.bundle_max_bytes + settings.source_map_max_bytes + settings.manifest_max_bytes,
        secure=settings.cookie_secure,
        allowed_origins=frozenset(part.strip() for part in settings.allowed_origins.split(",") if part.strip()),
        public_origin=settings.public_origin.rstrip("/"),
        trusted_proxy_hops=settings.trusted_proxy_hops,
        cache_max_bytes=settings.cache_max_bytes,
    )
