from pathlib import Path

import pytest

from auth.jobs.ensure_user import read_arguments


def _options(tmp_path: Path, **changes: str) -> list[str]:
    password_file = tmp_path / "password"
    password_file.write_text("a good password\r\nand a remark\n")
    options = {"email": "A@example.com", "password-file": str(password_file), "name": " First  Operator "}
    return [part for name, value in (options | changes).items() for part in (f"--{name}", value)]


def test_the_first_line_of_the_file_is_the_password_and_roles_are_taken_once(tmp_path: Path) -> None:
    roles = ["--role", "reviewer", "--role", "administrator", "--role", "reviewer"]
    wanted = read_arguments([*_options(tmp_path), *roles])
    assert (wanted.email.address, wanted.email.key) == ("A@example.com", "a@example.com")
    assert (wanted.password, wanted.name) == ("a good password", "First Operator")
    assert wanted.roles == ("reviewer", "administrator")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email": "nobody"}, "@-sign"),
        ({"role": "emperor"}, "invalid choice"),
        ({"role": "developer"}, "invalid choice"),
        ({"role": "user"}, "invalid choice"),
        ({"password-file": "/nowhere/password"}, "password file"),
        ({"name": " "}, "visible"),
    ],
)
def test_a_wrong_command_line_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(_options(tmp_path, **changes))
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"hunter2\n", b"x" * 129, b"\xff\xfe\xff\xfe secret"])
def test_an_unusable_password_file_is_refused_without_quoting_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    options = _options(tmp_path)
    (tmp_path / "password").write_bytes(content)
    with pytest.raises(SystemExit):
        read_arguments(options)
    said = capsys.readouterr().err
    assert "password file cannot be used" in said
    assert "hunter2" not in said
    assert "secret" not in said
