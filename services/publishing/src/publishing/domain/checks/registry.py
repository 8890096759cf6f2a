"""The checks of the scanning process, by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from publishing.domain.checks import invisible, source_map, text
from publishing.domain.verdicts import INVISIBLE_CODE_CHECK, SOURCE_MAP_CHECK, TEXT_CHECK, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanInput:
    """What a submission consists of.

    Parameters
    ----------
    manifest
        The parsed manifest, already found valid.
    bundle
        The bytes of ``bundle.js``.
    source_map
        The bytes of ``bundle.js.map``, None where there is none.
    """

    manifest: dict[str, Any]
    bundle: bytes
    source_map: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its name, the version of its rules and how to run it."""

    name: str
    version: str
    run: Callable[[ScanInput], list[Finding]]


def _invisible_code(files: ScanInput) -> list[Finding]:
    # Bytes that are no UTF-8 are refused by the check of text; here they become visible marks.
    bundle = files.bundle.decode("utf-8", "replace")
    return invisible.check_invisible_code(bundle=bundle, manifest_text="\n".join(_strings(files.manifest)))


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


CHECKS: tuple[Check, ...] = (
    Check(name=TEXT_CHECK, version=text.VERSION, run=lambda files: text.check_text(files.bundle)),
    Check(name=INVISIBLE_CODE_CHECK, version=invisible.VERSION, run=_invisible_code),
    Check(
        name=SOURCE_MAP_CHECK,
        version=source_map.VERSION,
        run=lambda files: source_map.check_source_map(files.source_map),
    ),
)
"""In the order in which they run."""
