from __future__ import annotations

from pathlib import Path

import jwt

from platform_local.paths import StackPaths
from platform_local.secrets import ensure_secrets


def test_secrets_are_made_once_and_only_their_owner_reads_them(paths: StackPaths) -> None:
    first = ensure_secrets(paths.secrets, None)
    second = ensure_secrets(paths.secrets, None)
    assert first == second
    assert paths.secrets.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in paths.secrets.iterdir()} == {0o600}


def test_every_stack_has_secrets_of_its_own(paths: StackPaths, tmp_path: Path) -> None:
    one, other = ensure_secrets(paths.secrets, None), ensure_secrets(tmp_path / "other", None)
    assert one.redis != other.redis
    assert set(one.postgres_roles.values()).isdisjoint(other.postgres_roles.values())


def test_the_identity_keys_are_a_pair(paths: StackPaths) -> None:
    secrets = ensure_secrets(paths.secrets, None)
    token = jwt.encode({"sub": "x"}, secrets.identity_private_key_file.read_bytes(), algorithm="EdDSA")
    assert jwt.decode(token, secrets.identity_public_key_file.read_bytes(), algorithms=["EdDSA"]) == {"sub": "x"}
