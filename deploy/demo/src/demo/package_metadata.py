"""Reading package.json, in which every field may be missing or have one of several shapes."""

import re
from collections.abc import Mapping
from typing import Any

MAX_DESCRIPTION = 1000
MAX_KEYWORDS = 50
MAX_KEYWORD = 50
MAX_LICENSE = 100
MAX_AUTHOR = 200
MAX_ADDRESS = 500

_ADDRESS = re.compile(r"https?://[^\s@]+")
_SHORTHAND = re.compile(r"(?:github:)?([\w.-]+/[\w.-]+)")
_PERSON_EXTRAS = re.compile(r"\s*(?:<[^>]*>|\([^)]*\))")
_NO_SLUG = re.compile(r"[^a-z0-9]+")


def slug_of(name: str) -> str:
    """Make a plugin id of a package's name, such as `popperjs-core` of `@popperjs/core`."""
    return _NO_SLUG.sub("-", name.lower()).strip("-")


def description_of(metadata: Mapping[str, Any]) -> str:
    """Give the description on one line; a plain sentence where the package has none."""
    text = metadata.get("description")
    words = " ".join(text.split()) if isinstance(text, str) else ""
    return words[:MAX_DESCRIPTION].rstrip() or f"The npm package {metadata['name']} as a plugin."


def keywords_of(metadata: Mapping[str, Any]) -> list[str]:
    """Give the keywords in their order without repetitions, small letters; may be empty."""
    words = metadata.get("keywords")
    if isinstance(words, str):
        words = words.split(",")
    if not isinstance(words, list):
        return []
    found = (" ".join(word.lower().split())[:MAX_KEYWORD].rstrip() for word in words if isinstance(word, str))
    return [word for word in dict.fromkeys(found) if word][:MAX_KEYWORDS]


def license_of(metadata: Mapping[str, Any]) -> str | None:
    """Give the licence as an SPDX expression, None where the package states none."""
    stated = metadata.get("license") or metadata.get("licenses")
    if isinstance(stated, list) and stated:
        stated = stated[0]
    if isinstance(stated, Mapping):
        stated = stated.get("type")
    return stated.strip()[:MAX_LICENSE] if isinstance(stated, str) and stated.strip() else None


def author_of(metadata: Mapping[str, Any]) -> str | None:
    """Give the author's name without addresses, which are nobody's business."""
    author = metadata.get("author")
    if isinstance(author, Mapping):
        author = author.get("name")
    if not isinstance(author, str):
        return None
    return _PERSON_EXTRAS.sub("", author).strip()[:MAX_AUTHOR].rstrip() or None


def homepage_of(metadata: Mapping[str, Any]) -> str | None:
    """Give the home page where it is a web address."""
    return _web_address(metadata.get("homepage"))


def repository_of(metadata: Mapping[str, Any]) -> str | None:
    """Give the repository as a web address, also of its git, ssh and short forms."""
    stated = metadata.get("repository")
    if isinstance(stated, Mapping):
        stated = stated.get("url")
    if not isinstance(stated, str):
        return None
    shorthand = _SHORTHAND.fullmatch(stated)
    if shorthand:
        return f"https://github.com/{shorthand[1]}"
    address = stated.removeprefix("git+")
    address = re.sub(r"^(?:git|ssh|https?)://(?:git@)?", "https://", address)
    address = re.sub(r"^git@([^:/]+):", r"https://\1/", address)
    return _web_address(address.removesuffix(".git"))


def _web_address(value: Any) -> str | None:  # noqa: ANN401 - package.json may hold anything
    if isinstance(value, str) and len(value) <= MAX_ADDRESS and _ADDRESS.fullmatch(value):
        return value
    return None
