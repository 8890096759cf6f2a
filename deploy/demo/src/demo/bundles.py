"""Which file of an npm package is its browser bundle, and which its source map."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from demo.errors import PackagingError
from demo.tarballs import NpmPackage

MAX_BUNDLE_BYTES = 5 * 1024 * 1024
"""The platform's limit for a bundle, unless it was configured otherwise."""

MAX_SOURCE_MAP_BYTES = 20 * 1024 * 1024

_BUNDLE_FIELDS = ("jsdelivr", "unpkg", "browser", "main")
"""Fields of package.json that name a file, the one meant for a script element first."""

_MODULE_SYNTAX = re.compile(
    rb"^\s*(?:import\s*[\w{*\"']|export\s*(?:\{|\*|default\b|const\b|function\b|class\b))", re.MULTILINE
)
_REQUIRES_OTHERS = re.compile(rb"(?<![\w.$])require\(\s*[\"'][^\"']+[\"']\s*\)")
_SOURCE_MAP_COMMENT = re.compile(rb"//[#@]\s*sourceMappingURL=(\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Bundle:
    """The one file that a host loads.

    Parameters
    ----------
    path
        Where it lies in the npm package.
    content
        Its bytes, unchanged.
    source_map
        The bytes of its source map, where the package has one that the platform takes.
    """

    path: str
    content: bytes
    source_map: bytes | None


def choose_bundle(package: NpmPackage, stated: Sequence[str] = ()) -> Bundle:
    """Choose the single file that runs without any other.

    Parameters
    ----------
    package
        The package as published.
    stated
        Paths to take instead, the first that exists, where the catalogue knows better than package.json. What the
        file says is then not looked into: a comment may read like an import.

    Raises
    ------
    PackagingError
        No file that package.json names stands alone as a classic script below the size limit.
    """
    tried: list[str] = []
    for path in stated or _candidates(package):
        content = package.members.get(path)
        if content is None:
            tried.append(f"{path} is not in the package")
            continue
        fault = _fault_of_size(content) or (None if stated else _fault_of_syntax(content))
        if fault is None:
            return Bundle(path=path, content=content, source_map=_source_map_of(package, path, content))
        tried.append(f"{path} {fault}")
    name = f"{package.metadata.get('name')}@{package.metadata.get('version')}"
    raise PackagingError(
        f"{name} has no file that can be a bundle: {'; '.join(tried) or 'package.json names none'}.",
        remedy="State its `bundle` in catalogue.toml.",
    )


def _candidates(package: NpmPackage) -> Iterator[str]:
    for field in _BUNDLE_FIELDS:
        value = package.metadata.get(field)
        if not isinstance(value, str):
            continue
        path = posixpath.normpath(value)
        stem, extension = posixpath.splitext(path)
        if extension not in {".js", ".cjs"}:
            stem, extension = path, ".js"
        if not stem.endswith(".min"):
            yield f"{stem}.min{extension}"
        yield stem + extension


def _fault_of_size(content: bytes) -> str | None:
    return f"has {len(content)} bytes, more than {MAX_BUNDLE_BYTES}" if len(content) > MAX_BUNDLE_BYTES else None


def _fault_of_syntax(content: bytes) -> str | None:
    if _MODULE_SYNTAX.search(content):
        return "is an ES module"
    if _REQUIRES_OTHERS.search(content):
        return "requires other modules"
    return None


def _source_map_of(package: NpmPackage, path: str, content: bytes) -> bytes | None:
    beside = [path + ".map"]
    comments = _SOURCE_MAP_COMMENT.findall(content)
    if comments and not comments[-1].startswith(b"data:"):
        named = comments[-1].decode("utf-8", "replace")
        beside.insert(0, posixpath.normpath(posixpath.join(posixpath.dirname(path), named)))
    for candidate in beside:
        source_map = package.members.get(candidate)
        if source_map is not None and len(source_map) <= MAX_SOURCE_MAP_BYTES:
            return source_map
    return None
