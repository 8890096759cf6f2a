"""A worker takes whatever waits, so each test here begins with nothing waiting."""

from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def nothing_waits(clean_tables: Callable[..., None]) -> None:
    clean_tables("publishing")
