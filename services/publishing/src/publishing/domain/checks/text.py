"""The bundle is UTF-8 text without NUL, and no other format in disguise."""

from publishing.domain.verdicts import BUNDLE_FILE, Finding

VERSION = "1"

_NAMES = {b"\xff\xfe": "UTF-16 (little-endian)", b"\xfe\xff": "UTF-16 (big-endian)"}


def check_text(bundle: bytes) -> list[Finding]:
    """Look at the encoding.

    Parameters
    ----------
    bundle
        The whole file.

    Returns
    -------
    list
        Rule ``U7`` (not UTF-8) or ``T1`` (NUL), or ``T2`` (nothing but white space); empty for sound text.
    """
    try:
        text = bundle.decode("utf-8")
    except UnicodeDecodeError as error:
        guess = _NAMES.get(bundle[:2], "another encoding, or no text at all")
        return [
            _blocked(
                "U7", bundle.count(b"\n", 0, error.start) + 1,
                f"byte {error.start} is not UTF-8; the file is {guess}", "Save the bundle as UTF-8.",
            )
        ]  # fmt: skip
    position = bundle.find(b"\0")
    if position >= 0:
        line = bundle.count(b"\n", 0, position) + 1
        return [_blocked("T1", line, "a NUL byte", "Write \\0 or \\x00 instead of the raw byte.")]
    if not text.strip("\ufeff \t\r\n"):
        return [_blocked("T2", None, "the bundle has no code", "Send the built bundle.")]
    return []


def _blocked(rule: str, line: int | None, detail: str, remedy: str) -> Finding:
    return Finding(rule=rule, severity="block", file=BUNDLE_FILE, line=line, detail=detail, remedy=remedy)
