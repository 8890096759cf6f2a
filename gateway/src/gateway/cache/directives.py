"""The field ``Cache-Control`` of answers (RFC 9111, section 5.2, and RFC 5861)."""

from dataclasses import dataclass

LONGEST_SECONDS = 86_400.0
"""An answer is taken for fresh for a day at most, whatever it says: a missed purge must not last for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directives:
    """What an answer says of its storing.

    Parameters
    ----------
    storable
        A shared cache may keep it, and it says for how long.
    is_public
        It says so explicitly.
    fresh_seconds, stale_while_revalidate_seconds, stale_if_error_seconds
        How long it is fresh; how long after that it may serve while a newer one is fetched; or while none can be had.
    """

    storable: bool
    is_public: bool = False
    fresh_seconds: float = 0.0
    stale_while_revalidate_seconds: float = 0.0
    stale_if_error_seconds: float = 0.0


def parse_cache_control(field: bytes | None) -> Directives:
    """Read the field; a number that cannot be read counts as 0."""
    found: dict[str, str] = {}
    for part in (field or b"").decode("latin-1").lower().split(","):
        name, _, value = part.strip().partition("=")
        found.setdefault(name.strip(), value.strip().strip('"'))
    lifetime = found.get("s-maxage", found.get("max-age"))
    if lifetime is None or {"no-store", "private", "no-cache"} & found.keys():
        return Directives(storable=False)
    may_be_stale = not {"must-revalidate", "proxy-revalidate"} & found.keys()
    return Directives(
        storable=True,
        is_public="public" in found,
        fresh_seconds=min(_seconds(lifetime), LONGEST_SECONDS),
        stale_while_revalidate_seconds=_seconds(found.get("stale-while-revalidate")) if may_be_stale else 0.0,
        stale_if_error_seconds=_seconds(found.get("stale-if-error")) if may_be_stale else 0.0,
    )


def _seconds(value: str | None) -> float:
    return min(float(value), LONGEST_SECONDS) if value is not None and value.isdecimal() else 0.0
