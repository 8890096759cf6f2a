"""What a wrong start says."""

import pytest
from pydantic import BaseModel, SecretStr

from chassis.cli import run_role
from chassis.settings import DatabaseSettings


def test_missing_and_wrong_settings_are_named_and_their_values_are_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_POOL_SIZE", "hunter2")

    def serve(_arguments: list[str]) -> None:
        DatabaseSettings()

    with pytest.raises(SystemExit) as ended:
        run_role("catalog", {"serve": serve}, ["serve"])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "python -m catalog serve cannot start" in said
    assert "DATABASE_URL: Field required" in said
    assert "DATABASE_POOL_SIZE: " in said
    assert "hunter2" not in said


def test_other_faults_are_not_taken_for_settings() -> None:
    class Body(BaseModel):
        secret: SecretStr

    def serve(_arguments: list[str]) -> None:
        Body.model_validate({})

    with pytest.raises(ValueError, match="Body"):
        run_role("catalog", {"serve": serve}, ["serve"])


def test_an_unknown_role_gets_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_role("catalog", {"serve": lambda _: None, "work": lambda _: None}, ["sreve"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "usage: python -m catalog serve | work\n"
