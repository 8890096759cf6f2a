"""Passwords that everybody tries first; `LICENSES.txt` says where the list is from.

It holds only what is long enough to be a password here.
"""

import gzip
import unicodedata
from importlib.resources import files


def is_common(password: str) -> bool:
    """Say whether the list has a password, however its letters are written."""
    return fold(password) in COMMON


def fold(password: str) -> str:
    """Give the form in which passwords are compared: ``ＰａｓｓＷｏｒｄ`` is ``password``."""
    # Folding may undo the normal form, so it is restored (Unicode 15, definition D146).
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", password).casefold())


def _read() -> frozenset[str]:
    packed = files(__name__).joinpath("passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode("ascii").splitlines())


COMMON = _read()
"""Some 16,000 of at least 8 characters, in the form of `fold`."""
