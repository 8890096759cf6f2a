import stat
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.people import DEVELOPERS, VISITORS, Accounts, read_reviewer


def test_accounts_stay_the_same_and_are_their_owners_secret(tmp_path: Path) -> None:
    first = Accounts(tmp_path / "demo", "http://127.0.0.1:8080")
    first.load()
    second = Accounts(tmp_path / "demo", "http://127.0.0.1:8080")
    second.load()

    for name in (*DEVELOPERS, *VISITORS):
        assert first.credentials(name) == second.credentials(name)
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600


def test_another_gateway_has_other_accounts(tmp_path: Path) -> None:
    first = Accounts(tmp_path, "http://127.0.0.1:8080")
    first.load()
    second = Accounts(tmp_path, "http://127.0.0.1:9080")
    second.load()

    assert first.credentials(VISITORS[0]) != second.credentials(VISITORS[0])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path, "http://127.0.0.1:8080")
    accounts.path.write_text("{")

    with pytest.raises(DemoError, match=accounts.path.name):
        accounts.load()


def test_the_reviewers_credentials_are_read(tmp_path: Path) -> None:
    path = tmp_path / "credentials.txt"
    path.write_text("# The first accounts.\nreviewer_email=r@example.com\nreviewer_password=p=q\n")

    reviewer = read_reviewer(path)
    assert (reviewer.email, reviewer.password) == ("r@example.com", "p=q")


def test_missing_credentials_lead_to_make_up(tmp_path: Path) -> None:
    with pytest.raises(DemoError) as raised:
        read_reviewer(tmp_path / "none.txt")

    assert "make up" in raised.value.remedy
